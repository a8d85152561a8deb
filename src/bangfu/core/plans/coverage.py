"""Where a pack cites which element of its document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from bangfu.core.plans.pack import Pack
from bangfu.core.plans.schema.entry import REQUIREMENT
from bangfu.core.plans.yaml_source import Path


@dataclass(frozen=True)
class Citation:
    """An element cited by an entry: the list it stands in (`criteria`), its id, `file:line`.

    `upon`: where no record can tell and a person starts it, in which case; such an element has no criterion.
    """

    requirement: str
    address: str
    entry: str
    where: str
    upon: str = ""


def citations(pack: Pack) -> list[Citation]:
    """Every citation of every entry, in the order of the files; inherited entries count."""
    found = [
        Citation(
            element,
            address,
            entry_id,
            pack.where_path(address, entry_id, path),
            getattr(entry, "upon", "") or "",
        )
        for address, entry_id, entry in pack.entries()
        for element, path in _cited_by(entry, ())
    ]
    head = [("plan", element) for element in pack.head.requirement]
    rule = [("income", element) for element in pack.content.income.requirement] if pack.content.income else []
    found += [
        Citation(element, part, "", pack.where(part, "", "requirement")) for part, element in head + rule
    ]
    return list(dict.fromkeys(found))


def uncited(pack: Pack, elements: Iterable[str]) -> list[str]:
    """Those of the elements that no entry cites, in their order."""
    cited = {citation.requirement for citation in citations(pack)}
    return [element for element in elements if element not in cited]


def _cited_by(entry: BaseModel, path: Path) -> Iterator[tuple[str, Path]]:
    """(element, path) of what an entry and the pieces within it cite."""
    entry_id = getattr(entry, "id", None)
    if isinstance(entry_id, str) and REQUIREMENT.match(entry_id):
        yield entry_id, (*path, "id")
    for name in type(entry).model_fields:
        value = getattr(entry, name)
        for index, item in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(item, BaseModel):
                inner = (*path, name, index) if isinstance(value, tuple) else (*path, name)
                yield from _cited_by(item, inner)
            elif name in ("requirement", "also"):
                yield item, (*path, name)
