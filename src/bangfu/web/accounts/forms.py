"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from bangfu.core.messages import N_
from bangfu.web.accounts.models import User
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import later


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
