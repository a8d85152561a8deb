"""Totals that a plan declares, compared with the register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from bangfu.core.engine.sql.frames import Frame
from bangfu.core.engine.sql.reading import Reader
from bangfu.core.engine.sql.setting import Setting
from bangfu.core.engine.sql.values import literal, quoted
from bangfu.core.expressions import Scope, parse_truth
from bangfu.core.plans.pack import Pack
from bangfu.core.snapshots import Snapshot
from bangfu.core.vocabulary import Vocabulary


@dataclass(frozen=True)
class TotalFound:
    """A declared total and what the snapshot holds."""

    id: str
    name: str
    declared: Decimal
    found: int

    @property
    def agrees(self) -> bool:
        """Whether they are the same."""
        return self.declared == self.found


def totals_of(pack: Pack, vocabulary: Vocabulary, snapshot: Snapshot) -> Iterator[TotalFound]:
    """Each declared total whose table the snapshot holds; only rows that certainly count are counted."""
    for total in pack.head.totals:
        name = total.subject or total.of or ""
        path = snapshot.tables.get(name)
        if path is None:
            continue
        table = vocabulary.tables[name]
        setting = Setting(vocabulary, snapshot.as_of, "once")
        reader = Reader(Frame(setting, table, is_timed=False))
        where = reader.truth(parse_truth(total.where, Scope(vocabulary, table))) if total.where else "TRUE"
        sql = f"SELECT COUNT(*) FROM read_parquet({literal(str(path))}) AS t WHERE {where}"
        with duckdb.connect() as connection:
            row = connection.execute(sql).fetchone()
        yield TotalFound(total.id, total.name, total.value, int(row[0]) if row else 0)


__all__ = ["TotalFound", "quoted", "totals_of"]
