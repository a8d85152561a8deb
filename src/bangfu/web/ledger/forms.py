"""The forms of the ledger."""

from __future__ import annotations

from typing import Any

from django import forms

from bangfu.core.documents.ledger import SEVERITIES
from bangfu.core.messages import N_
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of, divisions_of
from bangfu.web.divisions.models import Division
from bangfu.web.ledger.actions import New
from bangfu.web.ledger.words import label
from bangfu.web.pages.text import later, t
from bangfu.web.registry.households import households
from bangfu.web.registry.rows import VOCABULARY

_BY_HAND = (
    "self_check",
    "visit",
    "spot_check",
    "grievance",
    "central_inspection",
    "national_appraisal",
    "city_appraisal",
    "platform",
    "campaign",
)


def _day(words: str, **said: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=later(words), widget=widget, **said)


class NewIssueForm(forms.Form):
    """A problem that somebody found."""

    token = forms.CharField(max_length=40, widget=forms.HiddenInput)
    division = forms.ModelChoiceField(Division.objects.none(), label=later(N_("地点")), empty_label=None)
    household_code = forms.CharField(
        label=later(N_("户编号")),
        max_length=30,
        required=False,
        help_text=later(N_("是某一户的问题就填；村里的问题留空。")),
    )
    problem = forms.CharField(
        label=later(N_("问题")), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    remedy = forms.CharField(
        label=later(N_("整改措施")), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    source = forms.ChoiceField(label=later(N_("问题来源")))
    kind = forms.ChoiceField(label=later(N_("问题类型")), required=False)
    severity = forms.ChoiceField(label=later(N_("轻重")))
    due_on = _day(N_("整改期限"), required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        place = self.fields["division"]
        assert isinstance(place, forms.ModelChoiceField)  # noqa: S101 - declared above
        place.queryset = divisions_of(user, Permission.ISSUE_RAISE).order_by("code")
        codes = VOCABULARY.codes
        for name, options in (
            ("source", [(code, label("issue_source", code)) for code in _BY_HAND]),
            (
                "kind",
                [("", "—"), *((code, label("issue_kind", code)) for code in codes["issue_kind"].labels)],
            ),
            ("severity", [(code, t(words)) for code, words in SEVERITIES.items()]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = options
        self.fields["severity"].initial = "normal"

    def clean(self) -> dict[str, Any]:
        """The household's place is the issue's, whatever was chosen."""
        said: dict[str, Any] = super().clean() or {}
        code = said.get("household_code", "").strip()
        said["household"] = None
        if code:
            seen = households().visible_to(self.user).filter(household_code=code)
            found = seen.exclude(village__isnull=True)[:2]
            if len(found) != 1:
                self.add_error("household_code", t(N_("没有这个户编号，或不在您的范围内。")))
                return said
            said["household"] = found[0]
            said["division"] = Division.objects.get(code=found[0].village.division_code)
        return said

    def new(self) -> New:
        """What was written."""
        said = self.cleaned_data
        household = said["household"]
        return New(
            said["division"],
            household.pk if household else None,
            said["problem"].strip(),
            said["remedy"].strip(),
            kind=said["kind"],
            source=said["source"],
            severity=said["severity"],
            due_on=said["due_on"],
        )


class ExportForm(forms.Form):
    """In which layout, and what for."""

    layout = forms.ChoiceField(label=later(N_("表样")), required=False)
    purpose = forms.CharField(
        label=later(N_("用途")),
        min_length=2,
        max_length=100,
        help_text=later(N_("写明给谁、做什么用；会印在表上，并留下记录。")),
    )

    def __init__(self, layouts: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["layout"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [*layouts, ("", t(N_("通用表样")))]


class WorkbookForm(forms.Form):
    """A workbook of issues, and what the office says beside it."""

    file = forms.FileField(
        label=later(N_("工作簿")),
        help_text=later(
            N_("上级反馈的问题清单，或从这里导出、改过的台账。表头要有“问题”和“地点”（或“问题编号”）。")
        ),
    )
    division = forms.ModelChoiceField(
        Division.objects.none(),
        label=later(N_("哪里的问题")),
        help_text=later(N_("表里的村名在这里面查找；别处的行会退回。")),
        empty_label=None,
    )
    source = forms.ChoiceField(label=later(N_("问题来源")), help_text=later(N_("表里没有写来源时按这一项。")))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place, source = self.fields["division"], self.fields["source"]
        assert isinstance(place, forms.ModelChoiceField)  # noqa: S101 - declared above
        assert isinstance(source, forms.ChoiceField)  # noqa: S101 - declared above
        place.queryset = Division.objects.filter(code__in=codes_of(user, Permission.ISSUE_DISPATCH))
        source.choices = [(code, label("issue_source", code)) for code in _BY_HAND]
        source.initial = "spot_check"
