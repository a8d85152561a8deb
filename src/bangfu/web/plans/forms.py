"""Forms that hand packs in and put them in force."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from bangfu.core.messages import N_
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import later


def _day(label: str, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget, initial=timezone.localdate)


class _ForDivision(forms.Form):
    """Something for one of the divisions for which the user puts plans in force."""

    division = forms.ModelChoiceField(Division.objects.none(), label=later(N_("用于哪里")), empty_label=None)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["division"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = Division.objects.filter(code__in=codes_of(user, Permission.PLAN_MANAGE))


class UploadForm(_ForDivision):
    """A pack, and whose it is."""

    file = forms.FileField(
        label=later(N_("方案包")),
        help_text=later(N_("方案文件夹压缩成的 zip，或方案工作簿 xlsx。上传后先检查，不会生效。")),
    )
    field_order = ("file", "division")


class ProposeForm(_ForDivision):
    """Where and from when a pack is to hold."""

    begins_on = _day(later(N_("从哪一天起生效")), later(N_("同一方案的旧版本到前一天为止。")))


class ReasonForm(forms.Form):
    """Why it is sent back."""

    reason = forms.CharField(label=later(N_("退回原因")), max_length=300)


class EndForm(forms.Form):
    """The last day."""

    ends_on = _day(later(N_("最后一天")))
