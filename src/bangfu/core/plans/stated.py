"""Conditions and formulas outside measures and criteria: lists, gates, samples, deductions …"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bangfu.core.plans.marks import About, marks_of
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.schema import Written
from bangfu.core.plans.yaml_source import Path


@dataclass(frozen=True)
class Stated:
    """A text about rows: in which entry, at which path, about what."""

    address: str
    entry: str
    path: Path
    kind: Literal["condition", "formula", "column"]
    text: str
    about: About


def stated_in(pack: Pack) -> Iterator[Stated]:
    """Every condition, formula and column name outside measures and criteria."""
    for address, entry_id, entry in pack.entries():
        if address not in ("measures", "criteria"):
            for mark in marks_of(entry):
                if isinstance(mark.marker, Written):
                    yield Stated(address, entry_id, mark.path, mark.marker.kind, mark.value, mark.about)
