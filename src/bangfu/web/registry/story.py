"""What happened to a household: who changed what, when, from where, old and new; and how it was on a day."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from bangfu.core.messages import N_
from bangfu.core.register import ChangeSet, State, fold
from bangfu.core.register.changes import CHANGE, CLEARED, CREATE, REMOVE, ROW, UPDATE
from bangfu.core.vocabulary import Column, Sensitivity
from bangfu.web.accounts.models import User
from bangfu.web.pages.text import moment, name_of, t
from bangfu.web.registry import log
from bangfu.web.registry.fields import Sealed, seal
from bangfu.web.registry.households import SECTIONS
from bangfu.web.registry.models import ChangeBatch, ChangeSegment
from bangfu.web.registry.presenting import text_of
from bangfu.web.registry.rows import VOCABULARY, Row, is_sealed, row_model, rows

Values = Mapping[str, Any]
TOLD = ("household", "person", *SECTIONS)  # the tables that the story of a household speaks of
_HOME = "household_id"
_SHORT = 12  # lines
_NAMES = ("full_name", "head_name", "division_name")


@dataclass(frozen=True)
class Line:
    """One cell before and after, in words."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Told:
    """What happened to one row. `change`: create · update · remove · come · go (to another household)."""

    table: str
    key: int
    name: str
    change: str
    lines: list[Line]

    @property
    def words(self) -> str:
        """The kind of change, in words; nothing for a plain change of cells."""
        return t(_CHANGES[self.change]) if self.change in _CHANGES else ""


_CHANGES = {CREATE: N_("新登记"), REMOVE: N_("不再在册"), "come": N_("转入本户"), "go": N_("转出本户")}


KINDS = {
    "import": N_("导入"),
    "birth": N_("出生"),
    "death": N_("去世"),
    "marriage_in": N_("婚入"),
    "marriage_out": N_("婚出"),
    "move": N_("迁移"),
    "split": N_("分户"),
    "merge": N_("并户"),
    "recode": N_("编码变更"),
    "change_head": N_("户主变更"),
    "identification": N_("识别"),
    "exit": N_("脱贫"),
    "return": N_("返贫"),
    "removal": N_("清退"),
    "correction": N_("更正"),
    "undo": N_("撤销"),
}


def kind_text(kind: str) -> str:
    """Why a batch changed the register, in words."""
    return t(KINDS[kind])


@dataclass(frozen=True)
class Chapter:
    """What one batch did to the household."""

    batch: ChangeBatch
    who: str
    source: str
    told: list[Told] = field(default_factory=list)
    is_undone: bool = False

    @property
    def kind(self) -> str:
        """Why, in words."""
        return kind_text(self.batch.kind)

    @property
    def at(self) -> str:
        """When it was written down."""
        return moment(self.batch.recorded_at)

    @property
    def is_long(self) -> bool:
        """Whether it tells of more than fits on a page beside others."""
        return sum(1 + len(one.lines) for one in self.told) > _SHORT


def told_of(table: str, said: Values, before: Values | None, sees: bool, home: int | None = None) -> Told:
    """A row of a change frame against the values before it. `home`: whose page it is told on."""
    change = said[CHANGE]
    after = _after(said, before)
    name = _row_name(table, after if change != REMOVE else before or {})
    if home is not None and change == UPDATE and before is not None and after.get(_HOME) != before.get(_HOME):
        change = "come" if after.get(_HOME) == home else "go"
    if change == REMOVE:
        return Told(table, said[ROW], name, change, [])
    lines = [
        *_place_lines(table, before or {}, after),
        *(
            Line(
                name_of(column),
                shown(table, column, (before or {}).get(one), sees),
                shown(table, column, after.get(one), sees),
            )
            for one, column in VOCABULARY.tables[table].columns.items()
            if (before or {}).get(one) != after.get(one)
        ),
    ]
    return Told(table, said[ROW], name, change, lines)


def _after(said: Values, before: Values | None) -> dict[str, Any]:
    """The values of a row after a change."""
    if said[CHANGE] == REMOVE:
        return {}
    emptied = set(said[CLEARED] or ())
    now = {} if said[CHANGE] == CREATE else dict(before or {})
    now.update({name: value for name, value in said.items() if value is not None})
    return {name: value for name, value in now.items() if name not in emptied}


def _place_lines(table: str, before: Values, after: Values) -> list[Line]:
    """Which village and group a household lies in, where that changed."""
    if table != "household":
        return []
    found = []
    for parent, column, naming in (
        ("village", "village_id", "division_name"),
        ("group", "group_id", "group_name"),
    ):
        if before.get(column) != after.get(column):
            keys = [key for key in (before.get(column), after.get(column)) if key is not None]
            names = dict(rows(parent).filter(pk__in=keys).values_list("pk", naming))
            old, new = (names.get(values.get(column)) or "" for values in (before, after))
            found.append(Line(name_of(VOCABULARY.tables[parent]), old, new))
    return found


def shown(table: str, column: Column, value: object, sees: bool) -> str:
    """A value of the log as people read it: closed columns masked, sensitive ones for those who may."""
    if value is None:
        return ""
    if column.sensitivity is Sensitivity.SENSITIVE and not sees:
        return t(N_("凭权限查看"))
    return text_of(column, _closed(table, column, value))


def _closed(table: str, column: Column, value: object) -> object:
    if is_sealed(column) and isinstance(value, str):
        context = f"{table}.{column.id}"
        return Sealed(seal(value, context), context)
    return value


def _row_name(table: str, values: Values) -> str:
    if table == "household":
        return " ".join(str(values[one]) for one in ("head_name", "household_code") if values.get(one))
    name = next((str(values[one]) for one in _NAMES if values.get(one)), "")
    return name or name_of(VOCABULARY.tables[table])


def told_in(change_set: ChangeSet, before: State, sees: bool, home: int | None = None) -> list[Told]:
    """What a change set does to the rows of a state, household and people first."""
    found = []
    order = sorted(
        change_set.tables, key=lambda name: (TOLD.index(name) if name in TOLD else len(TOLD), name)
    )
    for name in order:
        table = VOCABULARY.tables[name]
        known = {row[table.key]: row for row in before.rows(table).iter_rows(named=True)}
        for said in change_set.tables[name].iter_rows(named=True):
            found.append(told_of(name, said, known.get(said[ROW]), sees, home))
    return [one for one in found if one.lines or one.change != UPDATE]


def keys_ever(household: int, table: str) -> set[int]:
    """The rows of a table that belong to a household or ever did. Opens every segment that speaks of it."""
    if table == "household":
        return {household}
    found: set[int] = set()
    for segment in ChangeSegment.objects.filter(table=table).order_by("pk").iterator(20):
        frame = pl.read_ipc(io.BytesIO(log.opened(segment)))
        if _HOME in frame.columns:
            found.update(frame.filter(pl.col(_HOME) == household)[ROW].to_list())
    return found


def story_of(keys: Mapping[str, Iterable[int]]) -> list[tuple[ChangeBatch, dict[str, pl.DataFrame]]]:
    """Everything that was said of some rows, batch by batch, the oldest first."""
    found: dict[int, tuple[ChangeBatch, dict[str, list[pl.DataFrame]]]] = {}
    for table, wanted in keys.items():
        for batch, frame in log.said_of(table, wanted):
            found.setdefault(batch.seq, (batch, {}))[1].setdefault(table, []).append(frame)
    return [
        (batch, {name: pl.concat(parts) for name, parts in frames.items()})
        for _, (batch, frames) in sorted(found.items())
    ]


def rows_before(keys: Mapping[str, Iterable[int]], seq: int) -> State:
    """Some rows as they were before a batch, from what was said of them alone."""
    said = [
        (batch.seq, ChangeSet(batch.as_batch(), frames))
        for batch, frames in story_of(keys)
        if batch.seq < seq
    ]
    return replace(fold(said, VOCABULARY), seq=seq - 1)


def chapters(household: int, sees: bool, undone: set[int]) -> list[Chapter]:
    """The whole story of a household and of everything that was its own while it was, the newest first."""
    keys = {table: keys_ever(household, table) for table in TOLD}
    now: dict[tuple[str, int], dict[str, Any]] = {}
    found = []
    story = story_of(keys)
    who = names_of(batch for batch, _ in story)
    for batch, frames in story:
        told = []
        for table in (one for one in TOLD if one in frames):
            for said in frames[table].iter_rows(named=True):
                before = now.get((table, said[ROW]))
                after = now[table, said[ROW]] = _after(said, before)
                if table == "household" or household in ((before or {}).get(_HOME), after.get(_HOME)):
                    told.append(told_of(table, said, before, sees, household))
        if told:
            source = source_text(batch.source)
            found.append(Chapter(batch, who[batch.seq], source, told, batch.seq in undone))
    return found[::-1]


def names_of(batches: Iterable[ChangeBatch]) -> dict[int, str]:
    """Who wrote each batch, by its number: the name of the account, or what the batch was signed with."""
    found = list(batches)
    users = User.objects.in_bulk({one.by_id for one in found if one.by_id})
    return {one.seq: str(users[one.by_id]) if one.by_id in users else one.by for one in found}


_SOURCE = re.compile(r"(page|request|import|undo)(?: (\d+))?")
_SOURCES = {
    "page": N_("在户页面登记"),
    "request": N_("变更申请第 {number} 号"),
    "import": N_("导入第 {number} 批"),
    "undo": N_("撤销第 {number} 批"),
}


def source_text(source: str) -> str:
    """Where a batch came from: a form of ours in words, else the names of the files."""
    match = _SOURCE.fullmatch(source)
    return t(_SOURCES[match[1]], number=match[2] or "") if match else source


@dataclass(frozen=True)
class Past:
    """A household as it was: its row, its members, and rows of other tables. `row` None: not there yet."""

    row: Row | None
    members: list[Row]
    sections: dict[str, list[Row]]


def as_of(household: int, day: date) -> Past:
    """The household on a day, as the register knows that day now."""
    said = [
        (batch.seq, ChangeSet(batch.as_batch(), frames))
        for batch, frames in story_of({table: keys_ever(household, table) for table in TOLD})
        if batch.counts(day)
    ]
    state = fold(said, VOCABULARY)
    found = {table: _rows_in(state, table, household) for table in TOLD}
    own = found.pop("household")
    return Past(own[0] if own else None, found.pop("person"), found)


def _rows_in(state: State, name: str, household: int) -> list[Row]:
    table = VOCABULARY.tables[name]
    mine = state.rows(table).filter(pl.col(_HOME) == household)
    return [_row(name, values) for values in mine.iter_rows(named=True)]


def _row(name: str, values: Values) -> Row:
    """An unsaved row of the register with the values of a day."""
    table = VOCABULARY.tables[name]
    row = row_model(name)(**{table.key: values[table.key]})
    for link in table.link_columns:
        setattr(row, link, values[link])
    for column in table.columns.values():
        value = values[column.id]
        setattr(row, column.id, None if value is None else _closed(name, column, value))
    return row


def homes_in(change_set: ChangeSet, before: State) -> set[int]:
    """The households that a change set touches, before or after it."""
    found: set[int] = set()
    for name, frame in change_set.tables.items():
        table = VOCABULARY.tables[name]
        if name == "household":
            found.update(frame[ROW].to_list())
        elif _HOME in table.link_columns:
            found.update(frame[_HOME].drop_nulls().to_list())
            known = before.rows(table).filter(pl.col(table.key).is_in(frame[ROW].implode()))
            found.update(known[_HOME].drop_nulls().to_list())
    return found
