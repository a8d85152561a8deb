"""How the rows of all blocks travel home in one table: outcomes and values as lists of each row."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.core.engine.inputs import period_table
from bangfu.core.engine.run import ROW_KEYS, Ask
from bangfu.core.engine.sending import send
from bangfu.core.engine.sinks import Sink
from bangfu.core.engine.sql.blocks import Block
from bangfu.core.engine.sql.facts import own_column
from bangfu.core.engine.sql.values import quoted

_LIMIT = "DECIMAL(28, 6)"


def travelling_sql(block: Block, number: int) -> str:
    """The rows of a block in the shape that all blocks share, under its number."""
    outcomes = [quoted(c.id) for c in block.criteria]
    values = [f"CAST({column} AS VARCHAR)" for column in _value_columns(block)]
    limits = [f"CAST({quoted(column)} AS {_LIMIT})" for column in block.limits]
    return (
        f"SELECT {number} AS block, {', '.join(ROW_KEYS)}, {_list(outcomes, 'TINYINT')} AS outcomes, "
        f"{_list(values, 'VARCHAR')} AS kept, {_list(limits, _LIMIT)} AS limits "
        f"FROM ({block.whole_rows}) AS block"
    )


def _list(items: list[str], kind: str) -> str:
    return f"[{', '.join(items)}]" if items else f"CAST([] AS {kind}[])"


def _value_columns(block: Block) -> list[str]:
    return [*map(quoted, block.kept), *map(own_column, block.own)]


def send_home(rows: pa.Table, block: Block, ask: Ask, sink: Sink) -> None:
    """Give the rows of one block their columns back, and send them on as any engine does."""
    lists = {
        "outcomes": [quoted(c.id) for c in block.criteria],
        "kept": _value_columns(block),
        "limits": [quoted(column) for column in block.limits],
    }
    columns = {name: rows[name] for name in ROW_KEYS}
    for name, items in lists.items():
        columns |= {item.strip('"'): pc.list_element(rows[name], index) for index, item in enumerate(items)}
    with duckdb.connect() as connection:
        connection.register("home", pa.table(columns))
        connection.register("period", period_table(block, ask))
        send(connection, block, "FROM home", sink)
