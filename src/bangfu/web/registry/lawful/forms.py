"""What all forms of changes have in common: whose household, since when, who is head afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import polars as pl
from django import forms
from django.http import QueryDict
from django.utils import timezone

from bangfu.core.messages import N_
from bangfu.core.register import Batch, ChangeSet, Kind, State
from bangfu.core.sheets.identity import clean_id_number
from bangfu.web.accounts.models import User
from bangfu.web.pages.text import code_label, later, t
from bangfu.web.registry.households import belongings
from bangfu.web.registry.rows import VOCABULARY

HEAD = "head"


@dataclass(frozen=True)
class Home:
    """The household that a form is about, its members, and who fills the form in."""

    user: User
    row: Any  # of the register: its fields come from the vocabulary
    place: str
    sees: bool

    @property
    def key(self) -> int:
        """The household's key."""
        key: int = self.row.pk
        return key

    def members(self, household: int | None = None) -> list[Any]:
        """The people of this household, or of another one, the head first."""
        found = list(belongings(household or self.key, "person").order_by("pk"))
        return sorted(found, key=lambda one: one.relation != HEAD)


def day_field(words: str, **said: Any) -> forms.DateField:
    """A day, not in the future."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=later(words), widget=widget, **said)


def codes_of_list(name: str, without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The choices of a code list, after an empty one."""
    codes = VOCABULARY.codes[name]
    left_out = set(without)
    said = [(code, code_label(codes, code)) for code in codes.labels if code not in left_out]
    return [("", t(N_("请选择"))), *said]


def person_label(person: Any) -> str:
    """A member as a form names them."""
    relation = code_label(VOCABULARY.codes["relation"], person.relation) if person.relation else ""
    name = person.full_name or t(N_("未登记姓名"))
    return t(N_("{name}（{relation}）"), name=name, relation=relation) if relation else name


def person_choices(people: Iterable[Any]) -> list[tuple[str, str]]:
    """Members to choose from, after an empty choice."""
    return [("", t(N_("请选择"))), *((str(one.pk), person_label(one)) for one in people)]


class ChangeForm(forms.Form):
    """One change of a household. `draw` asks the core for the change set; `is_asking` says that the form has
    come back with more to choose before it can be drawn up."""

    kind: ClassVar[Kind]
    slug: ClassVar[str]
    title: ClassVar[str]
    advice: ClassVar[str]
    needs_second: bool = False

    effective_on = day_field(N_("发生日期"))

    def __init__(self, home: Home, data: QueryDict | None = None) -> None:
        super().__init__(data.copy() if data is not None else None)
        self.home = home
        self.is_asking = False
        self.prepare()

    def prepare(self) -> None:
        """Fill in the choices of this household."""

    def clean_effective_on(self) -> Any:
        """No change of the future."""
        day = self.cleaned_data["effective_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(t(N_("日期在今天以后。发生以后再登记。")))
        if day.year < 1949:
            raise forms.ValidationError(t(N_("年份不对，请核对。")))
        return day

    def households(self) -> set[int]:
        """The households whose rows the core needs to see."""
        return {self.home.key}

    def also(self) -> dict[str, set[int]]:
        """Further rows that it needs to see, by table."""
        return {}

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """The change set. Raises RegisterError where the change is not lawful."""
        raise NotImplementedError

    def choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Set the choices of a field."""
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(name)
        field.choices = choices

    def said(self, name: str) -> str:
        """What was sent for a field, before it is checked."""
        return (self.data.get(name) or "").strip() if self.is_bound else ""

    def ask_relations(self, people: Iterable[Any], suggestions: Mapping[int, str], prefix: str) -> None:
        """A field for each person's relation to the head afterwards; the first time the suggestions stand in
        it, and the form comes back to be looked through."""
        for one in people:
            name = f"{prefix}{one.pk}"
            self.fields[name] = forms.ChoiceField(
                label=t(N_("{person} 是新户主的"), person=person_label(one)),
                choices=codes_of_list("relation", [HEAD]),
            )
            if name not in self.data:
                self.data[name] = suggestions.get(one.pk, "")  # type: ignore[index]
                self.is_asking = True

    def relations(self, prefix: str) -> dict[int, str]:
        """The relations that were chosen, by person."""
        said = self.cleaned_data
        names = [name for name in self.fields if name.startswith(prefix)]
        return {int(name.removeprefix(prefix)): said[name] for name in names}


def relation_frame(relations: Mapping[int, str], **more: int) -> pl.DataFrame:
    """person_id, relation (and a column of one value each)."""
    schema = {"person_id": pl.Int64, "relation": pl.String}
    frame = pl.DataFrame(list(relations.items()), schema=schema, orient="row")
    return frame.with_columns(pl.lit(value, pl.Int64).alias(name) for name, value in more.items())


_LIKE_SPOUSE = frozenset(
    {
        "son",
        "daughter",
        "daughter_in_law",
        "son_in_law",
        "sons_son",
        "sons_daughter",
        "daughters_son",
        "daughters_daughter",
        "great_grandson",
        "great_granddaughter",
        "other",
    }
)
_OF_WIFE = {"father": "husbands_father", "mother": "husbands_mother"}
_OF_WIFE |= {"wifes_father": "father", "wifes_mother": "mother"}
_OF_HUSBAND = {"father": "wifes_father", "mother": "wifes_mother"}
_OF_HUSBAND |= {"husbands_father": "father", "husbands_mother": "mother"}
_OF_CHILD = {"son": "sibling", "daughter": "sibling", "father": "grandfather", "mother": "grandmother"}
_OF_CHILD |= {"other": "other"}


def suggested(new_head: Any, person: Any) -> str:
    """What somebody is likely to be to the new head; empty where that is not clear from the old relations."""
    was, old = new_head.relation, person.relation
    if was == "spouse":
        mirrored = _OF_WIFE if new_head.gender == "female" else _OF_HUSBAND
        return "spouse" if old == HEAD else old if old in _LIKE_SPOUSE else mirrored.get(old or "", "")
    if was in ("son", "daughter"):
        if old in (HEAD, "spouse"):
            return {"male": "father", "female": "mother"}.get(person.gender or "", "")
        return _OF_CHILD.get(old or "", "")
    return ""


class HeadForm(ChangeForm):
    """A change after which somebody else may be head."""

    new_head = forms.ChoiceField(label=later(N_("新户主")), required=False)

    def prepare_head(self, leaving: set[int], is_needed: bool) -> None:
        """The new head among those who stay, and then their relations. Without need, nothing is asked."""
        staying = [one for one in self.home.members() if one.pk not in leaving]
        self.choose("new_head", person_choices(one for one in staying if one.relation != HEAD))
        if not is_needed:
            return
        self.fields["new_head"].required = bool(staying)
        chosen = next((one for one in staying if str(one.pk) == self.said("new_head")), None)
        if chosen is not None:
            others = [one for one in staying if one.pk != chosen.pk]
            self.ask_relations(others, {one.pk: suggested(chosen, one) for one in others}, "relation_")

    def head_relations(self) -> pl.DataFrame | None:
        """The relations after the change; None where the head stays."""
        chosen = self.cleaned_data.get("new_head")
        if not chosen:
            return None
        now = {one.pk: one.relation for one in self.home.members()}
        after = {int(chosen): HEAD} | self.relations("relation_")
        return relation_frame({key: word for key, word in after.items() if now.get(key) != word})


_CELL = {"text": pl.String, "number": pl.Float64, "day": pl.Date, "flag": pl.Boolean}


def identity_read(number: str) -> tuple[str | None, date | None, str | None]:
    """An ID number as the register writes it, with its birth date and gender; None where it is wrong."""
    cells = pl.DataFrame([(number.strip() or None, None, None, None)], schema=_CELL, orient="row")
    read = clean_id_number(cells, timezone.localdate()).row(0, named=True)
    return (read["value"], read["birth"], read["gender"]) if read["valid"] else (None, None, None)
