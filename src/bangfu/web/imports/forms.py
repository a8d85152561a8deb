"""The form that hands workbooks in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from bangfu.core.messages import N_
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import later


class ManyFilesInput(forms.ClearableFileInput):
    """A field for several files at once."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Comes out as a list of files."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        """Each file checked as one alone would be."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(one, initial) for one in files if one or len(files) == 1]


class UploadForm(forms.Form):
    """Workbooks, and what the office says beside them."""

    files = ManyFilesField(  # type: ignore[assignment]
        label=later(N_("工作簿")),
        help_text=later(
            N_("户信息表、人口信息表、收入表、结对表、村干部表等，可以一次选多个；xlsx、xls 或 csv。")
        ),
    )
    division = forms.ModelChoiceField(
        Division.objects.none(),
        label=later(N_("哪里的数据")),
        help_text=later(N_("表里的村名在这里面查找；别处的行会退回。")),
        empty_label=None,
    )
    effective_on = forms.DateField(
        label=later(N_("内容从哪一天起算")),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    year = forms.IntegerField(
        label=later(N_("收入年度")),
        help_text=later(N_("收入表没有写年度时按这一年。")),
        required=False,
        min_value=2010,
        max_value=2100,
    )
    complete_on = forms.DateField(
        label=later(N_("名单齐全的日期")),
        help_text=later(N_("填了，表示到这一天表中的户和人没有遗漏；不清楚就留空。")),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["division"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = Division.objects.filter(code__in=codes_of(user, Permission.IMPORT_COMMIT))
        self.fields["effective_on"].initial = timezone.localdate
        self.order_fields(["files", "division", "effective_on", "year", "complete_on"])
