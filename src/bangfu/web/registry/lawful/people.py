"""Forms of changes of people: born, died, married in or out, gone to another household, a new head."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from django import forms
from django.utils import timezone

from bangfu.core.messages import N_
from bangfu.core.register import (
    Batch,
    ChangeSet,
    Kind,
    State,
    births,
    change_head,
    deaths,
    marriages_in,
    marriages_out,
    move_persons,
    table_schema,
)
from bangfu.web.access import Permission
from bangfu.web.pages.text import later, t
from bangfu.web.registry.lawful.forms import (
    HEAD,
    ChangeForm,
    HeadForm,
    codes_of_list,
    day_field,
    identity_read,
    person_choices,
    relation_frame,
)
from bangfu.web.registry.rows import VOCABULARY, rows


def person_frame(said: dict[str, Any]) -> pl.DataFrame:
    """One row of people; cells that nobody filled are left out."""
    filled = {name: value for name, value in said.items() if value not in (None, "")}
    schema = table_schema(VOCABULARY.tables["person"])
    return pl.DataFrame({n: [v] for n, v in filled.items()}, schema={n: schema[n] for n in filled})


class _JoinForm(ChangeForm):
    """Somebody new; birth date and gender are read from the ID number where they are not given."""

    full_name = forms.CharField(label=later(N_("姓名")), max_length=40)
    relation = forms.ChoiceField(label=later(N_("与户主关系")))
    gender = forms.ChoiceField(label=later(N_("性别")), required=False)
    id_number = forms.CharField(
        label=later(N_("证件号码")),
        max_length=30,
        required=False,
        help_text=later(N_("还没有就留空，办下来以后再补。")),
    )

    def prepare(self) -> None:
        """Choices; nobody joins as head of a household that has one."""
        has_head = any(one.relation == HEAD for one in self.home.members())
        self.choose("relation", codes_of_list("relation", [HEAD] if has_head else []))
        self.choose("gender", codes_of_list("gender"))

    def clean(self) -> dict[str, Any]:
        """The ID number is right, new to the household, and agrees with what is said beside it."""
        said: dict[str, Any] = super().clean() or {}
        number, birth, gender = identity_read(said.get("id_number") or "")
        if said.get("id_number") and number is None:
            self.add_error("id_number", t(N_("证件号码不对：位数、校验位或出生日期有误。请对照证件核对。")))
        said["id_number"] = number or ""
        if birth and said.get("birth_date") and said["birth_date"] != birth:
            self.add_error("birth_date", t(N_("与证件号码里的出生日期不一致。")))
        if gender and said.get("gender") and said["gender"] != gender:
            self.add_error("gender", t(N_("与证件号码里的性别不一致。")))
        said["birth_date"] = said.get("birth_date") or birth
        said["gender"] = said.get("gender") or gender or ""
        known = {one.id_number.reveal() for one in self.home.members() if one.id_number}
        if number in known:
            self.add_error("id_number", t(N_("本户已有这个证件号码。")))
        return said

    def person(self) -> pl.DataFrame:
        """The new person's row."""
        said = self.cleaned_data
        return person_frame(
            {
                "household_id": self.home.key,
                "full_name": said["full_name"].strip(),
                "gender": said["gender"],
                "birth_date": said["birth_date"],
                "id_number": said["id_number"],
                "id_valid": True if said["id_number"] else None,
                "relation": said["relation"],
            }
        )


class BirthForm(_JoinForm):
    """A child was born."""

    kind = Kind.BIRTH
    slug = "birth"
    title = N_("出生")
    advice = N_("登记本户新生的孩子，家庭人口数随着加一。")
    birth_date = day_field(N_("出生日期"))
    field_order = ("full_name", "gender", "birth_date", "relation", "id_number")

    def prepare(self) -> None:
        """The day of the change is the day of birth."""
        super().prepare()
        del self.fields["effective_on"]
        self.fields["gender"].required = True

    def clean_birth_date(self) -> date:
        """Not in the future."""
        day: date = self.cleaned_data["birth_date"]
        if day > timezone.localdate():
            raise forms.ValidationError(t(N_("日期在今天以后。发生以后再登记。")))
        return day

    def clean(self) -> dict[str, Any]:
        """The change holds from the day of birth."""
        said = super().clean()
        said["effective_on"] = said.get("birth_date")
        return said

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's birth."""
        return births(state, VOCABULARY, batch, self.person())


class MarriageInForm(_JoinForm):
    """Somebody from outside the register marries in."""

    kind = Kind.MARRIAGE_IN
    slug = "marriage-in"
    title = N_("婚入")
    advice = N_("登记从外面嫁入或入赘本户的人。原来在本县登记库里的人，请到那一户办理“转到别户”。")
    birth_date = day_field(N_("出生日期"), required=False, help_text=later(N_("填了证件号码可以不填。")))
    field_order = ("effective_on", "full_name", "id_number", "relation", "gender", "birth_date")

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's marriage in."""
        return marriages_in(state, VOCABULARY, batch, self.person())


class _LeaveForm(HeadForm):
    """Somebody leaves the register; where it is the head, there is a new one."""

    person = forms.ChoiceField(label=later(N_("是谁")))
    field_order = ("person", "effective_on", "new_head")

    def prepare(self) -> None:
        """Members; a new head is asked for where the head leaves."""
        members = self.home.members()
        self.choose("person", person_choices(members))
        chosen = next((one for one in members if str(one.pk) == self.said("person")), None)
        leads = chosen is not None and chosen.relation == HEAD and len(members) > 1
        if not leads:
            del self.fields["new_head"]
        elif chosen is not None:
            if "new_head" not in self.data:
                self.is_asking = True
            self.prepare_head({chosen.pk}, is_needed=True)

    def leaver(self) -> pl.Series:
        """Who leaves."""
        return pl.Series([int(self.cleaned_data["person"])])


class DeathForm(_LeaveForm):
    """Somebody died."""

    kind = Kind.DEATH
    slug = "death"
    title = N_("去世")
    advice = N_("去世的人从本户名册上移出，家庭人口数随着减一。户主去世的，接着选新户主。")

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's death."""
        return deaths(state, VOCABULARY, batch, self.leaver(), self.head_relations())


class MarriageOutForm(_LeaveForm):
    """Somebody marries out of the register."""

    kind = Kind.MARRIAGE_OUT
    slug = "marriage-out"
    title = N_("婚出")
    advice = N_("登记嫁到外地的人，从本户名册上移出。嫁到本县登记库里的一户，请办“转到别户”。")

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's marriage out."""
        return marriages_out(state, VOCABULARY, batch, self.leaver(), self.head_relations())


class HeadChangeForm(HeadForm):
    """Somebody else becomes head."""

    kind = Kind.CHANGE_HEAD
    slug = "head"
    title = N_("户主变更")
    advice = N_("选出新户主，再核对每个人与新户主的关系。户主姓名和证件号码随着改。")
    field_order = ("new_head", "effective_on")

    def prepare(self) -> None:
        """Everybody stays."""
        self.prepare_head(set(), is_needed=True)
        self.fields["new_head"].required = True

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's change of head."""
        relations = self.head_relations()
        if relations is None:
            raise ValueError("the form is valid only with a new head")
        return change_head(state, VOCABULARY, batch, relations)


class PersonMoveForm(HeadForm):
    """Somebody goes to another household of the register."""

    kind = Kind.MOVE
    slug = "person-move"
    title = N_("转到别户")
    advice = N_("把一个人连同他的登记转到另一户，两户的人口数随着改。整户搬走请办“整户迁移”。")
    person = forms.ChoiceField(label=later(N_("是谁")))
    household_code = forms.CharField(label=later(N_("转到哪一户（户编号）")), max_length=30)
    relation = forms.ChoiceField(label=later(N_("与那一户户主的关系")))
    field_order = ("person", "household_code", "relation", "effective_on", "new_head")

    def prepare(self) -> None:
        """As for somebody who leaves, save that they arrive somewhere."""
        self.goal: int | None = None
        members = self.home.members()
        self.choose("person", person_choices(members))
        self.choose("relation", codes_of_list("relation"))
        chosen = next((one for one in members if str(one.pk) == self.said("person")), None)
        if chosen is None or chosen.relation != HEAD or len(members) < 2:
            del self.fields["new_head"]
            return
        if "new_head" not in self.data:
            self.is_asking = True
        self.prepare_head({chosen.pk}, is_needed=True)

    def clean_household_code(self) -> str:
        """A household in which one may change something, and another one."""
        code: str = self.cleaned_data["household_code"].strip()
        self.goal = other_household(self, code)
        return code

    def households(self) -> set[int]:
        """Both."""
        return {self.home.key} | ({self.goal} if self.goal else set())

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The core's move of people."""
        said = self.cleaned_data
        moves = relation_frame({int(said["person"]): said["relation"]}, household_id=self.goal or 0)
        return move_persons(state, VOCABULARY, batch, moves, self.head_relations())


def other_household(form: ChangeForm, code: str) -> int:
    """The household with that number, within what one may change."""
    seen = rows("household").visible_to(form.home.user, Permission.HOUSEHOLD_CHANGE)
    found = list(seen.filter(household_code=code).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise forms.ValidationError(t(N_("没有这个户编号，或不在您的范围内。")))
    if found[0] == form.home.key:
        raise forms.ValidationError(t(N_("这就是本户。")))
    key: int = found[0]
    return key
