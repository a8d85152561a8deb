"""How the rows of several blocks travel home in one table: side by side, each block in columns of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.core.engine.inputs import failure, period_table
from bangfu.core.engine.run import ROW_KEYS, Ask
from bangfu.core.engine.sending import send
from bangfu.core.engine.sinks import Sink
from bangfu.core.engine.sql.blocks import Block
from bangfu.core.engine.sql.facts import own_column
from bangfu.core.engine.sql.values import quoted


@dataclass(frozen=True)
class Load:
    """The rows of one block; whole ones where findings are kept."""

    block: Block
    is_whole: bool

    @property
    def rows(self) -> str:
        """SQL of the rows."""
        return self.block.whole_rows if self.is_whole else self.block.rows

    @property
    def keys(self) -> list[str]:
        """The keys that its rows have: the one period `once` only where they are whole."""
        return [key for key in ROW_KEYS if key != "period" or self.is_whole or not self.block.is_once]

    @property
    def columns(self) -> list[str]:
        """The quoted names of its columns after the keys."""
        block = self.block
        named = (*(criterion.id for criterion in block.criteria), *block.kept, *block.limits)
        return [*map(quoted, named), *(map(own_column, block.own) if self.is_whole else ())]


def travelling_sql(loads: Sequence[Load], number: int) -> str:
    """The rows of one block, with empty columns for the others."""
    columns = [
        f"{column if other == number else 'NULL'} AS {_place(other, index)}"
        for other, load in enumerate(loads)
        for index, column in enumerate(load.columns)
    ]
    load = loads[number]
    keys = [key if key in load.keys else f"NULL AS {key}" for key in ROW_KEYS]
    return f"SELECT {number} AS block, {', '.join([*keys, *columns])} FROM ({load.rows}) AS block"


def send_home(rows: pa.Table, load: Load, number: int, part: int, ask: Ask, sink: Sink) -> None:
    """Give a part of the rows of one block their columns back, and send them on as any engine does."""
    columns = [f"{_place(number, index)} AS {column}" for index, column in enumerate(load.columns)]
    with duckdb.connect() as connection:
        connection.register("home", rows.filter(pc.equal(rows["block"], number)))
        connection.register("period", period_table(load.block, ask))
        try:
            send(connection, load.block, part, f"SELECT {', '.join([*load.keys, *columns])} FROM home", sink)
        except duckdb.Error as error:
            raise failure([load.block], error) from error


def _place(number: int, index: int) -> str:
    return quoted(f"{number} {index}")
