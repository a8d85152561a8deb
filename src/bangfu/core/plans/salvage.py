"""What can be read of a file that has mistakes, and which of its entries cannot."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError

from bangfu.core.errors import Problem
from bangfu.core.plans.income import NAMES
from bangfu.core.plans.pack import Entry, collections
from bangfu.core.plans.problems import problems_of
from bangfu.core.plans.schema import FILES, PlanHead
from bangfu.core.plans.yaml_source import Path, Plain, Source

_STAND_IN: dict[str, Plain] = {
    "id": "unread",
    "version": "0.0.0",
    "title": "—",
    "issuer": "—",
    "jurisdiction": "0" * 12,
    "state": "draft",
}
_STAND_IN_PERIOD: Plain = {"from": "2000-01-01", "to": "2000-12-31"}


def salvaged(file: str, source: Source) -> tuple[BaseModel | None, list[Problem], set[Entry]]:
    """The part without its wrong entries, what is wrong, and the entries left out.

    An entry is left out under its id and under its name; `(list, "")` stands for all entries of a list.
    A head with mistakes is filled up with stand-ins, so that the rest can still be checked.
    """
    model = FILES[file]
    value: Plain = {} if source.value is None else source.value
    if source.is_broken:  # the reader has told why
        stand_in = model.model_validate(_STAND_IN if model is PlanHead else {})
        return stand_in, [], _all_of(file)
    unread: set[Entry] = set()
    try:
        return model.model_validate(value), [], unread
    except ValidationError as error:
        problems = problems_of(error, source, model)
        wrong = {details["loc"][:2] for details in error.errors()}
    unread |= {entry for path in wrong for entry in _entries_at(file, value, path)}
    kept = _without(value, wrong)
    if model is PlanHead:
        kept = {**_STAND_IN, **kept}
        if ("plan", "period") in unread:
            kept["period"] = _STAND_IN_PERIOD
    try:
        return model.model_validate(kept), problems, unread
    except ValidationError:
        return None, problems, unread | _all_of(file)


def entries_of(file: str, value: Plain) -> Iterator[tuple[str, str, Path]]:
    """(address, id, path) of every entry of a file that has an id, wrong or not."""
    for address, collection in collections().items():
        if collection.file != file or not isinstance(value, dict):
            continue
        found = value.get(collection.key)
        if isinstance(found, dict):
            yield from ((address, key, (collection.key, key)) for key in found)
        elif isinstance(found, list):
            for index, item in enumerate(found):
                entry_id = item.get(collection.id_field) if isinstance(item, dict) else None
                if isinstance(entry_id, str):
                    yield address, entry_id, (collection.key, index)


def _all_of(file: str) -> set[Entry]:
    """All lists of a file; of the head, which may name a parent, the lists of every file."""
    found = {(address, "") for address, c in collections().items() if file in (c.file, "plan")}
    if file == "income":
        found |= {("measures", name) for pair in NAMES.items() for name in pair}
    return found


def _entries_at(file: str, value: Plain, wrong: Path) -> Iterator[Entry]:
    if file == "plan":
        yield "plan", str(wrong[0])
    if (file, *wrong) == ("plan", "extends"):
        yield from _all_of(file)
    if len(wrong) == 1:
        yield from ((a, "") for a, c in collections().items() if (c.file, c.key) == (file, wrong[0]))
    for address, entry_id, path in entries_of(file, value):
        if path == wrong:
            yield address, entry_id
            item = value[path[0]][path[1]]  # type: ignore[index]
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield address, str(item["name"])


def _without(value: Plain, wrong: set[Path]) -> dict[str, Plain]:
    kept: dict[str, Plain] = {}
    for key, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, list):
            kept[key] = [x for index, x in enumerate(item) if (key, index) not in wrong]
        elif isinstance(item, dict):
            kept[key] = {name: x for name, x in item.items() if (key, name) not in wrong}
        else:
            kept[key] = item
        if (key,) in wrong:
            del kept[key]
    return kept
