"""Forms of changes of whole households: moved, split, merged; identified, exited, fallen back, struck off."""

from __future__ import annotations

from typing import Any

import polars as pl
from django import forms

from bangfu.core.messages import N_
from bangfu.core.register import (
    STATUS_MOVES,
    Batch,
    ChangeSet,
    Kind,
    State,
    change_status,
    merge,
    move_households,
    split,
)
from bangfu.web.access import Permission
from bangfu.web.pages.text import later, name_of, t
from bangfu.web.registry.lawful.forms import (
    HEAD,
    ChangeForm,
    HeadForm,
    codes_of_list,
    person_label,
    relation_frame,
)
from bangfu.web.registry.lawful.people import other_household
from bangfu.web.registry.presenting import column_of
from bangfu.web.registry.rows import VOCABULARY, rows


class MoveForm(ChangeForm):
    """The household goes to another village or group."""

    kind = Kind.MOVE
    slug = "move"
    title = N_("整户迁移")
    advice = N_("整户搬到别的村或组，登记随户走。搬出您的管辖范围，请由上一级办理。")
    village = forms.ChoiceField(label=later(N_("迁到哪个村")))
    group = forms.CharField(
        label=later(N_("迁到哪个组")),
        max_length=40,
        required=False,
        help_text=later(N_("写组名；不清楚就留空。")),
    )
    field_order = ("village", "group", "effective_on")

    def prepare(self) -> None:
        """Villages in which one may change something."""
        villages = rows("village").visible_to(self.home.user, Permission.HOUSEHOLD_CHANGE)
        found = villages.order_by("division_code").values_list("pk", "division_name")
        choices = [("", t(N_("请选择"))), *((str(key), name or "") for key, name in found)]
        self.choose("village", choices)

    def clean(self) -> dict[str, Any]:
        """A group of that village, and not where the household is already."""
        said: dict[str, Any] = super().clean() or {}
        village, name = said.get("village"), (said.get("group") or "").strip()
        said["group_id"] = None
        if village and name:
            found = rows("group").filter(village_id=int(village), group_name=name)
            said["group_id"] = found.values_list("pk", flat=True).first()
            if said["group_id"] is None:
                self.add_error("group", t(N_("这个村没有登记这个组。请核对组名，或先留空。")))
        here = (self.home.row.village_id, self.home.row.group_id)
        if village and (int(village), said["group_id"]) == here:
            self.add_error("village", t(N_("本户现在就在这里。")))
        return said

    def also(self) -> dict[str, set[int]]:
        """The village, and the group."""
        said = self.cleaned_data
        group = {said["group_id"]} if said["group_id"] else set()
        return {"village": {int(said["village"])}, "group": group}

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's move of a household."""
        said = self.cleaned_data
        goal = {"household_id": [self.home.key], "village_id": [int(said["village"])]}
        if said["group_id"]:
            goal["group_id"] = [said["group_id"]]
        return move_households(state, VOCABULARY, batch, pl.DataFrame(goal))


class SplitForm(HeadForm):
    """Some members become a household of their own."""

    kind = Kind.SPLIT
    slug = "split"
    title = N_("分户")
    advice = N_("给分出去的人写明与新户户主的关系，其中一人是户主；其他人留在本户。两户的人口数随着改。")
    household_code = forms.CharField(
        label=later(N_("新户编号")),
        max_length=30,
        required=False,
        help_text=later(N_("国家系统还没有给编号就留空。")),
    )

    def prepare(self) -> None:
        """Each member stays or goes; where the head goes, those who stay have a new one."""
        members = self.home.members()
        going = codes_of_list("relation")[1:]
        for one in members:
            self.fields[f"goes_{one.pk}"] = forms.ChoiceField(
                label=person_label(one),
                required=False,
                choices=[
                    ("", t(N_("留在本户"))),
                    *((c, t(N_("分出：{relation}"), relation=w)) for c, w in going),
                ],
            )
        self.order_fields([*(f"goes_{one.pk}" for one in members), "household_code", "effective_on"])
        leaving = {one.pk for one in members if self.said(f"goes_{one.pk}")}
        head_goes = any(one.relation == HEAD and one.pk in leaving for one in members)
        if not head_goes or len(leaving) == len(members):
            del self.fields["new_head"]
            return
        if "new_head" not in self.data:
            self.is_asking = True
        self.fields["new_head"].label = t(N_("留下的人里谁是户主"))
        self.prepare_head(leaving, is_needed=True)

    def clean(self) -> dict[str, Any]:
        """Somebody goes with exactly one head, somebody stays; the new number is nobody's."""
        said: dict[str, Any] = super().clean() or {}
        leaving = self.relations("goes_")
        going = {key: relation for key, relation in leaving.items() if relation}
        if not going or len(going) == len(leaving):
            raise forms.ValidationError(t(N_("分户要有人分出去，也要有人留在本户。")))
        if list(going.values()).count(HEAD) != 1:
            raise forms.ValidationError(t(N_("分出去的人里要有一人、也只能有一人是户主。")))
        code = (said.get("household_code") or "").strip()
        if code and rows("household").filter(household_code=code).exists():
            self.add_error("household_code", t(N_("这个户编号已经有了。")))
        said["going"] = going
        return said

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's split."""
        said = self.cleaned_data
        code = said["household_code"].strip()
        values = pl.DataFrame({"household_code": [code]}) if code else None
        members = relation_frame(said["going"])
        return split(
            state, VOCABULARY, batch, self.home.key, members, relations=self.head_relations(), values=values
        )


class MergeForm(ChangeForm):
    """Another household goes up in this one."""

    kind = Kind.MERGE
    slug = "merge"
    title = N_("并户")
    advice = N_("把另一户并入本户：那一户的人和登记都转到本户，那一户不再在册。")
    household_code = forms.CharField(label=later(N_("并入本户的那一户（户编号）")), max_length=30)
    field_order = ("household_code", "effective_on")

    def prepare(self) -> None:
        """Once the other household is found, its members' relations to the head of this one."""
        self.other: int | None = None
        code = self.said("household_code")
        if not code:
            return
        seen = rows("household").visible_to(self.home.user, Permission.HOUSEHOLD_CHANGE)
        key = seen.filter(household_code=code).exclude(pk=self.home.key).values_list("pk", flat=True).first()
        if key is not None:
            members = self.home.members(key)
            self.ask_relations(members, {}, "relation_")
            for one in members:
                self.fields[f"relation_{one.pk}"].label = t(
                    N_("{person} 是本户户主的"), person=person_label(one)
                )

    def clean_household_code(self) -> str:
        """A household in which one may change something, and another one."""
        code: str = self.cleaned_data["household_code"].strip()
        self.other = other_household(self, code)
        return code

    def households(self) -> set[int]:
        """Both."""
        return {self.home.key} | ({self.other} if self.other else set())

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's merge."""
        pairs = pl.DataFrame({"old_key": [self.other], "new_key": [self.home.key]})
        return merge(state, VOCABULARY, batch, pairs, relation_frame(self.relations("relation_")))


class _StatusForm(ChangeForm):
    """Where the household stands changes; `more` are the columns that are said beside the day."""

    reason = forms.CharField(
        label=later(N_("依据和理由")),
        min_length=2,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=later(N_("写明哪次评议、公示或文件；不要写证件号码、电话。")),
    )

    @classmethod
    def may_begin(cls, status: str | None) -> bool:
        """Whether a household that stands there may make this move."""
        free = status is None and cls.kind is Kind.IDENTIFICATION
        return free or status in STATUS_MOVES[cls.kind].origins

    def values(self) -> dict[str, Any]:
        """Columns beside those that the move sets by itself."""
        return {}

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's change of status."""
        values = {"household_id": self.home.key, **self.values()}
        households = pl.DataFrame({name: [value] for name, value in values.items()})
        return change_status(state, VOCABULARY, batch, self.kind, households)


class IdentificationForm(_StatusForm):
    """The household is put on the list."""

    kind = Kind.IDENTIFICATION
    slug = "identification"
    title = N_("识别")
    advice = N_("申请把本户纳入建档立卡。由另一位有批准权限的人核对后生效。")
    needs_second = True
    household_type = forms.ChoiceField(label=later(N_("户类型")))
    identification_standard = forms.ChoiceField(label=later(N_("识别标准")), required=False)
    poverty_causes = forms.MultipleChoiceField(
        label=later(N_("致贫原因")), widget=forms.CheckboxSelectMultiple, required=False
    )
    field_order = ("effective_on", "household_type", "identification_standard", "poverty_causes", "reason")

    def prepare(self) -> None:
        """Words of the vocabulary."""
        kept = ("poor", "poor_low_income", "poor_destitute")
        types = [one for one in codes_of_list("household_type") if one[0] in ("", *kept)]
        self.choose("household_type", types)
        self.choose("identification_standard", codes_of_list("identification_standard"))
        self.choose("poverty_causes", codes_of_list("poverty_cause")[1:])
        for name in ("household_type", "identification_standard", "poverty_causes"):
            self.fields[name].label = name_of(column_of("household", name))

    def values(self) -> dict[str, Any]:
        """Type, standard, causes."""
        said = self.cleaned_data
        found = {"household_type": said["household_type"]}
        if said["identification_standard"]:
            found["identification_standard"] = said["identification_standard"]
        if said["poverty_causes"]:
            found["poverty_causes"] = ",".join(sorted(said["poverty_causes"]))
        return found


class ExitForm(_StatusForm):
    """The household left poverty."""

    kind = Kind.EXIT
    slug = "exit"
    title = N_("脱贫")
    advice = N_("申请把本户标为脱贫。由另一位有批准权限的人核对后生效。")
    needs_second = True
    field_order = ("effective_on", "reason")


class ReturnForm(_StatusForm):
    """The household fell back."""

    kind = Kind.RETURN
    slug = "return"
    title = N_("返贫")
    advice = N_("把已脱贫的本户标为返贫，马上生效，可以撤销。")
    field_order = ("effective_on", "reason")


class RemovalForm(_StatusForm):
    """The household is struck off the list."""

    kind = Kind.REMOVAL
    slug = "removal"
    title = N_("清退")
    advice = N_("申请把不符合条件的本户清退。由另一位有批准权限的人核对后生效。")
    needs_second = True
    field_order = ("effective_on", "reason")


StatusForm = _StatusForm
