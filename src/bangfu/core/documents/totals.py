"""Totals that a plan declares, compared with the register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from bangfu.core.engine.sql.frames import Frame
from bangfu.core.engine.sql.reading import Reader
from bangfu.core.engine.sql.setting import Setting
from bangfu.core.engine.sql.values import literal
from bangfu.core.expressions import Scope, parse_truth
from bangfu.core.plans.pack import Pack
from bangfu.core.snapshots import Snapshot
from bangfu.core.vocabulary import Vocabulary


@dataclass(frozen=True)
class TotalFound:
    """A declared total and what the snapshot holds: rows that certainly count, and that possibly do."""

    id: str
    name: str
    unit: str
    declared: Decimal
    certain: int
    possible: int

    @property
    def agrees(self) -> bool | None:
        """Whether they are the same; None: what is recorded does not tell."""
        if not self.certain <= self.declared <= self.possible:
            return False
        return True if self.certain == self.possible else None


def totals_of(pack: Pack, vocabulary: Vocabulary, snapshot: Snapshot) -> Iterator[TotalFound]:
    """Each declared total whose table the snapshot holds."""
    for total in pack.head.totals:
        name = total.subject or total.of or ""
        path = snapshot.tables.get(name)
        if path is None:
            continue
        table = vocabulary.tables[name]
        reader = Reader(Frame(Setting(vocabulary, snapshot.as_of, "once"), table, is_timed=False))
        where = reader.truth(parse_truth(total.where, Scope(vocabulary, table))) if total.where else "TRUE"
        counts = f"COUNT(*) FILTER (WHERE {where}), COUNT(*) FILTER (WHERE ({where}) IS NOT FALSE)"
        with duckdb.connect() as connection:
            rows = connection.execute(
                f"SELECT {counts} FROM read_parquet({literal(str(path))}) AS t"
            ).fetchall()
        yield TotalFound(total.id, total.name, total.unit, total.value, *rows[0])
