"""Inheritance: a township's pack under its county's, entry by entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import BaseModel

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.pack import Collection, Entry, Pack, Place, collections, digest_of
from bangfu.core.plans.problems import suggestion


def inherit(parent: Pack, child: Pack) -> tuple[Pack, list[Problem]]:
    """The child's pack with the parent's entries: the same id replaces, `remove` leaves out.

    The head (totals, defects and references with it) is the child's own; the income rule is the parent's
    unless the child has one. A case goes with its criterion.
    """
    removed, problems = _removed(parent, child)
    places = {entry: _from_parent(parent, place) for entry, place in parent.places.items()}
    places = {e: p for e, p in places.items() if e not in removed and not e[0].startswith("plan.")}
    values: dict[str, object] = {"income": child.content.income or parent.content.income}
    parts: dict[str, dict[str, object]] = {}
    for address, collection in collections().items():
        if collection.file == "plan":
            continue
        merged = _merged(collection, parent, child, removed)
        dropped = set(collection.of(parent.content)) - set(merged)
        places = {e: p for e, p in places.items() if e[0] != address or e[1] not in dropped}
        entries: object = merged if collection.is_mapping else tuple(merged.values())
        if address == collection.file:
            values[address] = entries
        else:
            parts.setdefault(collection.file, {})[collection.key] = entries
    for file, lists in parts.items():
        values[file] = getattr(child.content, file).model_copy(update=lists)
    content = child.content.model_copy(update=values)
    return replace(
        child,
        content=content,
        places={**places, **child.places},
        digest=digest_of({parent.name: parent.digest, child.name: child.digest}),
        parent=parent,
        unread=parent.unread | child.unread,
    ), problems


def _merged(
    collection: Collection, parent: Pack, child: Pack, removed: set[Entry]
) -> Mapping[str, BaseModel]:
    inherited = {
        entry_id: entry
        for entry_id, entry in collection.of(parent.content).items()
        if (collection.address, entry_id) not in removed
        and ("criteria", getattr(entry, "criterion", None)) not in _cases_to_drop(collection, removed)
    }
    return {**inherited, **collection.of(child.content)}


def _cases_to_drop(collection: Collection, removed: set[Entry]) -> set[Entry]:
    return removed if collection.address == "cases" else set()


def _from_parent(parent: Pack, place: Place) -> Place:
    source = replace(place.source, file=f"{parent.name}/{place.source.file}")
    return Place(source, place.path)


def _removed(parent: Pack, child: Pack) -> tuple[set[Entry], list[Problem]]:
    inherited = {e for e in parent.places if e[0] in collections() and not e[0].startswith("plan.")}
    removed: set[Entry] = set()
    problems = []
    for index, word in enumerate(child.head.remove):
        named = {e for e in inherited if word in (e[1], f"{e[0]}.{e[1]}")}
        where = child.where_path("plan", "", ("remove", index))
        if len(named) == 1:
            removed |= named
        elif named:
            message = Message(N_("{word} 在几处都有，要写明是哪一处。"), {"word": word})
            problems.append(
                Problem("plan.remove_which", message, where, suggestion(word, {f"{a}.{i}" for a, i in named}))
            )
        else:
            message = Message(N_("上级方案里没有 {word}，无从删去。"), {"word": word})
            problems.append(
                Problem("plan.remove_unknown", message, where, suggestion(word, {e[1] for e in inherited}))
            )
    return removed, problems
