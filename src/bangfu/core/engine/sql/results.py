"""What is asked of judged rows: findings, counts, and what is still owed. The rows stand in `block`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bangfu.core.engine.outcome import FINDINGS, Outcome
from bangfu.core.engine.sql.blocks import Block
from bangfu.core.engine.sql.facts import facts_json
from bangfu.core.engine.sql.values import literal, parquet, quoted

IS_FINDING = f"IN ({', '.join(str(int(outcome)) for outcome in FINDINGS)})"


def kept_rows(block: Block, files: Sequence[Path]) -> str:
    """The rows of a block as they were kept in files; there is only one period `once`, and it is not kept."""
    period = ", 'once' AS period" if block.is_once else ""
    return f"SELECT *{period} FROM {parquet(*files)}"


def findings_sql(block: Block) -> str:
    """The unmet and the unknown with the values used, as in FINDINGS_SCHEMA; asks for whole rows."""
    return " UNION ALL ".join(
        f"SELECT {literal(c.id)} AS criterion, {literal(block.subject)} AS subject, subject_id, "
        f"period, division, {quoted(c.id)} AS outcome, {facts_json(block.facts[c.id])} AS facts "
        f"FROM block WHERE {quoted(c.id)} {IS_FINDING}"
        for c in block.criteria
    )


_SHIFTS = {Outcome.UNMET: 0, Outcome.UNKNOWN: 21, Outcome.NOT_APPLICABLE: 42}


def counts_sql(block: Block) -> str:
    """Counts by criterion and division in one pass, as in COUNTS_SCHEMA: three counts of 21 bits packed into
    each sum, over groups of at most 2^20 subjects each."""
    packed, not_due = [], []
    for criterion in block.criteria:
        column = quoted(criterion.id)
        # What is usual is asked first.
        cases = " ".join(f"WHEN {column} = {int(o)} THEN {1 << shift}" for o, shift in _SHIFTS.items())
        cases = f"WHEN {column} = {int(Outcome.MET)} THEN 0 {cases}"
        packed.append(f"CAST(SUM(CASE {cases} ELSE 0 END) AS BIGINT)")
        waits = f"COUNT(CASE WHEN {column} = {int(Outcome.NOT_DUE)} THEN 1 END)"
        not_due.append("0" if block.is_once else waits)
    names = ", ".join(literal(criterion.id) for criterion in block.criteria)
    period, keys = ("'once'", "division") if block.is_once else ("period", "division, period")
    grouped = (
        f"SELECT {keys}, COUNT(*) AS n, [{', '.join(packed)}] AS packed, [{', '.join(not_due)}] AS waiting "
        f"FROM block GROUP BY {keys}, subject_id >> 20"
    )
    long = (
        f"SELECT {keys}, n, UNNEST([{names}]) AS criterion, UNNEST(packed) AS packed, "
        f"UNNEST(waiting) AS not_due FROM ({grouped})"
    )
    mask = (1 << 21) - 1
    counted = {o.name.lower(): f"(packed >> {shift}) & {mask}" for o, shift in _SHIFTS.items()}
    apart = ", ".join(f"{sql} AS {name}" for name, sql in counted.items())
    sums = ", ".join(f"SUM({name}) AS {name}" for name in (*counted, "not_due"))
    return (
        f"SELECT criterion, {period} AS period, division, SUM(n - {' - '.join((*counted, 'not_due'))}) AS met, {sums} "
        f"FROM (SELECT *, {apart} FROM ({long})) GROUP BY criterion, {keys}"
    )


def measures_sql(block: Block) -> str:
    """What measures have, what they need and until when, as in MEASURES_SCHEMA; `period` holds the periods."""
    return " UNION ALL ".join(
        f"SELECT {literal(o.criterion)} AS criterion, {literal(block.subject)} AS subject, subject_id, "
        f"block.period, {literal(o.measure)} AS measure, "
        f"{', '.join(f'{sql} AS {name}' for name, sql in o.values.items())} FROM block "
        f"JOIN period ON period.id = block.period WHERE block.{quoted(o.criterion)} <> {int(Outcome.NOT_APPLICABLE)}"
        for o in block.owed
    )
