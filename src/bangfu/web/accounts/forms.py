"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone

from bangfu.core.messages import N_
from bangfu.web.access import ROLES, Permission, Role
from bangfu.web.accounts.actions import Invitation
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import divisions_of
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import later, t


class SetupForm(forms.Form):
    """The first administrator, and the place that this installation serves."""

    code = forms.CharField(
        label=later(N_("安装码")), help_text=later(N_("显示在启动服务的窗口里。")), max_length=40
    )
    division = forms.CharField(
        label=later(N_("本单位区划代码")), help_text=later(N_("12 位，如县级 430624000000。")), max_length=12
    )
    display_name = forms.CharField(label=later(N_("姓名")), max_length=40)
    username = forms.CharField(
        label=later(N_("用户名")), max_length=40, validators=User._meta.get_field("username").validators
    )
    password = forms.CharField(
        label=later(N_("密码")),
        help_text=later(N_("至少 10 位，不要全是数字。")),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=later(N_("再输一遍密码")), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean_division(self) -> Division:
        """A division that is loaded."""
        found = Division.objects.filter(code=self.cleaned_data["division"]).first()
        if found is None:
            raise forms.ValidationError(later(N_("没有这个区划代码。")))
        return found

    def clean(self) -> dict[str, Any]:
        """Both passwords alike, and good enough."""
        said: dict[str, Any] = self.cleaned_data
        if said.get("password") and said["password"] != said.get("again"):
            self.add_error("again", later(N_("两遍密码不一致。")))
        elif said.get("password"):
            try:
                validate_password(said["password"])
            except forms.ValidationError as error:
                self.add_error("password", error)
        return said


class GrantForm(forms.Form):
    """A role at a division, from a day to a day."""

    role = forms.ChoiceField(label=later(N_("角色")))
    division = forms.ModelChoiceField(
        Division.objects.none(),
        label=later(N_("管哪里")),
        help_text=later(N_("在这里和它下面的地方有效。")),
        empty_label=None,
    )
    begins_on = forms.DateField(
        label=later(N_("起始日期")),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends_on = forms.DateField(
        label=later(N_("截止日期")),
        required=False,
        help_text=later(N_("最后一天；不定就留空。")),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, by: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role, place = self.fields["role"], self.fields["division"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101 - declared above
        assert isinstance(place, forms.ModelChoiceField)  # noqa: S101 - declared above
        role.choices = [(one.value, t(sheet.name)) for one, sheet in ROLES.items()]
        place.queryset = divisions_of(by, Permission.ACCOUNT_MANAGE).order_by("code")

    def clean(self) -> dict[str, Any]:
        """It ends after it begins."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("ends_on") and said.get("begins_on") and said["ends_on"] < said["begins_on"]:
            self.add_error("ends_on", t(N_("截止日期早于起始日期。")))
        return said

    def grant(self) -> dict[str, Any]:
        """What `grant_role` takes."""
        said = self.cleaned_data
        names = ("division", "begins_on", "ends_on")
        return {"role": Role(said["role"]), **{name: said[name] for name in names}}


class InviteForm(GrantForm):
    """Somebody new, with the role to begin with."""

    display_name = forms.CharField(label=later(N_("姓名")), max_length=40)
    username = forms.CharField(
        label=later(N_("用户名")),
        max_length=40,
        help_text=later(N_("登录用，不要用证件号码或电话。")),
        validators=User._meta.get_field("username").validators,
    )
    field_order = ("display_name", "username", "role", "division", "begins_on", "ends_on")

    def invitation(self) -> Invitation:
        """Who is invited."""
        said = self.cleaned_data
        return Invitation(said["username"], said["display_name"].strip(), **self.grant())


class WorkbookForm(forms.Form):
    """A list of people."""

    file = forms.FileField(label=later(N_("名单")), help_text=later(N_("xlsx、xls 或 csv。")))
