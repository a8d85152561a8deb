"""A readable difference between two packs: entries added, removed, changed, with old and new values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel

from bangfu.core.messages import N_, Message
from bangfu.core.plans.labels import LABELS, label
from bangfu.core.plans.pack import Pack, collections

Steps = tuple[str, ...]
Shown = str | tuple[str, ...]
_KEYS = ("id", "item", "slot", "start", "role", "action")  # by what a piece of an entry is known


@dataclass(frozen=True)
class FieldChange:
    """One value of an entry: None where there is none."""

    path: Steps
    old: Shown | None
    new: Shown | None

    def message(self) -> Message:
        """E.g. `取值 2018-01-01 取值：3430 → 3700`."""
        path = Message(
            " ".join(f"{{step{index}}}" for index in range(len(self.path))),
            {f"step{index}": _named(step) for index, step in enumerate(self.path)},
        )
        values = {"path": path, "old": self.old, "new": self.new}
        if self.old is None:
            return Message(N_("{path}：新增 {new}"), values)
        if self.new is None:
            return Message(N_("{path}：删去 {old}"), values)
        return Message(N_("{path}：{old} → {new}"), values)


@dataclass(frozen=True)
class Change:
    """What became of an entry; `where` is its place in the new pack, or in the old one if removed."""

    kind: Literal["added", "removed", "changed"]
    address: str
    entry: str
    name: str
    where: str
    fields: tuple[FieldChange, ...] = ()

    def message(self) -> Message:
        """The headline, e.g. `标准 S4-4（人均纯收入达标）：有改动`."""
        list_name = label(self.address.rpartition(".")[2])
        values = {"list": list_name, "entry": self.entry, "name": self.name}
        if self.kind == "added":
            return Message(N_("{list} {entry}（{name}）：新增"), values)
        if self.kind == "removed":
            return Message(N_("{list} {entry}（{name}）：删去"), values)
        return Message(N_("{list} {entry}（{name}）：有改动"), values)

    def lines(self) -> list[str]:
        """The headline and a line for each value."""
        return [str(self.message()), *(f"  {field.message()}" for field in self.fields)]


def diff_packs(old: Pack, new: Pack) -> list[Change]:
    """What changed from one pack to another, the head first, then list by list."""
    changes = [*_part_change("plan", old, new), *_part_change("income", old, new)]
    for address, collection in collections().items():
        before, after = collection.of(old.content), collection.of(new.content)
        for entry_id in dict.fromkeys((*before, *after)):
            changes += _entry_change(address, entry_id, before.get(entry_id), after.get(entry_id), old, new)
    return changes


def _part_change(part: Literal["plan", "income"], old: Pack, new: Pack) -> list[Change]:
    """Of the head only what is not a list of entries: those come by themselves."""
    before, after = getattr(old.content, part), getattr(new.content, part)
    lists = {c.key for c in collections().values() if c.file == part}
    fields = _field_changes(_values(before, lists), _values(after, lists))
    return (
        [Change("changed", part, new.head.id, new.head.title, new.where(part, ""), fields)] if fields else []
    )


def _entry_change(
    address: str, entry_id: str, before: BaseModel | None, after: BaseModel | None, old: Pack, new: Pack
) -> list[Change]:
    if before == after:
        return []
    entry = before if after is None else after
    name = str(getattr(entry, "name", None) or getattr(entry, "title", None) or entry_id)
    where = (old if after is None else new).where(address, entry_id)
    if before is None or after is None:
        kind: Literal["added", "removed"] = "added" if before is None else "removed"
        return [Change(kind, address, entry_id, name, where)]
    return [
        Change("changed", address, entry_id, name, where, _field_changes(_values(before), _values(after)))
    ]


def _field_changes(before: Mapping[Steps, Shown], after: Mapping[Steps, Shown]) -> tuple[FieldChange, ...]:
    paths = dict.fromkeys((*before, *after))
    return tuple(
        FieldChange(path, before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    )


def _values(entry: BaseModel | None, left_out: Collection[str] = ()) -> dict[Steps, Shown]:
    if entry is None:
        return {}
    given = {name: getattr(entry, name) for name in type(entry).model_fields if name not in left_out}
    return dict(_flat(given, ()))


def _flat(value: object, path: Steps) -> Iterator[tuple[Steps, Shown]]:
    """The values of an entry by path, leaving out what is empty."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        value = {info.alias or name: getattr(value, name) for name, info in fields.items()}
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, (*path, key))
    elif isinstance(value, tuple) and any(isinstance(item, (BaseModel, Mapping)) for item in value):
        for key, item in zip(_keys(value), value, strict=True):
            yield from _flat(item, (*path, key))
    elif isinstance(value, tuple):
        if value:
            yield path, tuple(map(str, value))
    elif value is not None:
        yield path, _shown(value)


def _keys(items: tuple[object, ...]) -> list[str]:
    """By what the pieces of an entry are known: an id, a role, a first day; else their number."""
    found: list[str] = []
    for number, item in enumerate(items, start=1):
        names = (str(key) for name in _KEYS if (key := getattr(item, name, None)) is not None)
        key = next(names, str(number))
        found.append(f"{key} #{number}" if key in found else key)
    return found


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _named(step: str) -> object:
    return label(step) if step in LABELS else step
