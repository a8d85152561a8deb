"""The form that asks for a run."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from bangfu.core.messages import N_
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import divisions_of
from bangfu.web.pages.text import later
from bangfu.web.plans.models import Enactment, State


class EnactmentField(forms.ModelChoiceField[Enactment]):
    """A plan in force, by place and title."""

    def label_from_instance(self, obj: Enactment) -> str:
        """南湖洲镇 · 工作方案 1.0.0"""
        return f"{obj.division} · {obj.pack.title} {obj.pack.version}"


class RunForm(forms.Form):
    """Which plan judges, and as of which day."""

    enactment = EnactmentField(Enactment.objects.none(), label=later(N_("按哪个方案核查")), empty_label=None)
    as_of = forms.DateField(
        label=later(N_("截至哪一天")),
        help_text=later(N_("登记库按这一天的内容冻结，方案按这一天的参数执行。")),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        initial=timezone.localdate,
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["enactment"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        mine = Enactment.objects.filter(division__in=divisions_of(user, Permission.RUN_START))
        field.queryset = mine.filter(state__in=[State.APPROVED.value, State.ENDED.value]).select_related(
            "pack", "division"
        )
