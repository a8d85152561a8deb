"""How the rows of all blocks travel home in one table: outcomes, facts and what is owed as lists of each row."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.core.engine.inputs import period_table
from bangfu.core.engine.run import Ask
from bangfu.core.engine.sending import send
from bangfu.core.engine.sinks import Sink
from bangfu.core.engine.sql.blocks import Block, Owed, facts_json
from bangfu.core.engine.sql.results import IS_FINDING
from bangfu.core.engine.sql.values import quoted

_NUMBERS = ", ".join(f"{name} DECIMAL(18, 2)" for name in ("certain", "possible", "threshold", "owed"))
_NOTHING_OWED = f"CAST([] AS STRUCT({_NUMBERS}, last_day DATE)[])"


def travelling_sql(block: Block, number: int) -> str:
    """The rows of a block in the shape that all blocks share, under its number."""
    outcomes = ", ".join(quoted(c.id) for c in block.criteria)
    facts = ", ".join(
        f"CASE WHEN {quoted(c.id)} {IS_FINDING} THEN {facts_json(block, c.id)} END" for c in block.criteria
    )
    owed = ", ".join(
        f"STRUCT_PACK({', '.join(f'{name} := {sql}' for name, sql in item.values.items())})"
        for item in block.owed
    )
    period_id, join = (
        ("0 AS period_id", "") if block.is_once else ("period_id", "JOIN period USING (period_id)")
    )
    return (
        f"SELECT {number} AS block, subject_id, {period_id}, division, [{outcomes}] AS outcomes, "
        f"[{facts}] AS facts, {f'[{owed}]' if owed else _NOTHING_OWED} AS owed "
        f"FROM ({block.rows}) AS block {join}"
    )


def send_home(rows: pa.Table, block: Block, ask: Ask, sink: Sink) -> None:
    """Give the rows of one block their columns back, and send them on as any engine does."""
    columns = {name: rows[name] for name in ("subject_id", "period_id", "division")}
    facts: dict[str, str] = {}
    for index, criterion in enumerate(block.criteria):
        columns[criterion.id] = pc.list_element(rows["outcomes"], index)
        columns[f"facts {index}"] = pc.list_element(rows["facts"], index)
        facts[criterion.id] = quoted(f"facts {index}")
    owed: list[Owed] = []
    for index, item in enumerate(block.owed):
        found = pc.list_element(rows["owed"], index)
        names = {name: f"{name} {index}" for name in item.values}
        columns |= {names[name]: pc.struct_field(found, name) for name in names}
        owed.append(replace(item, values={name: quoted(names[name]) for name in names}))
    with duckdb.connect() as connection:
        connection.register("block", pa.table(columns))
        connection.register("period", period_table(block, ask))
        send(connection, block, facts, owed, sink)
