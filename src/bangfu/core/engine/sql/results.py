"""What is asked of judged rows: findings, counts, and what is still owed. The rows stand in `block`."""

from __future__ import annotations

from bangfu.core.engine.outcome import FINDINGS, Outcome
from bangfu.core.engine.sql.blocks import Block
from bangfu.core.engine.sql.facts import facts_json
from bangfu.core.engine.sql.values import literal, quoted

IS_FINDING = f"IN ({', '.join(str(int(outcome)) for outcome in FINDINGS)})"


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
    packed = []
    for index, criterion in enumerate(block.criteria):
        column = quoted(criterion.id)
        cases = " ".join(f"WHEN {column} = {int(o)} THEN {1 << shift}" for o, shift in _SHIFTS.items())
        packed.append(f"CAST(SUM(CASE {cases} ELSE 0 END) AS BIGINT) AS c{index}")
        if not block.is_once:
            packed.append(f"COUNT(CASE WHEN {column} = {int(Outcome.NOT_DUE)} THEN 1 END) AS d{index}")
    period, keys = ("'once'", "division") if block.is_once else ("period", "division, period")
    shares = f"{keys}, subject_id >> 20"
    grouped = f"(SELECT {shares}, COUNT(*) AS n, {', '.join(packed)} FROM block GROUP BY {shares})"
    mask = (1 << 21) - 1
    selects = []
    for index, criterion in enumerate(block.criteria):
        unmet, unknown, other = (f"((c{index} >> {shift}) & {mask})" for shift in _SHIFTS.values())
        not_due = "0" if block.is_once else f"d{index}"
        selects.append(
            f"SELECT {literal(criterion.id)} AS criterion, {period} AS period, division, "
            f"SUM(n - {unmet} - {unknown} - {other} - {not_due}) AS met, SUM({unmet}) AS unmet, "
            f"SUM({unknown}) AS unknown, SUM({other}) AS not_applicable, SUM({not_due}) AS not_due "
            f"FROM grouped GROUP BY {keys}"
        )
    return f"WITH grouped AS {grouped} {' UNION ALL '.join(selects)}"


def measures_sql(block: Block) -> list[str]:
    """What measures have, what they need and until when, as in MEASURES_SCHEMA; `period` holds the periods."""
    return [
        f"SELECT {literal(o.criterion)} AS criterion, {literal(block.subject)} AS subject, subject_id, "
        f"block.period, {literal(o.measure)} AS measure, "
        f"{', '.join(f'{sql} AS {name}' for name, sql in o.values.items())} FROM block "
        f"JOIN period ON period.id = block.period WHERE {quoted(o.criterion)} <> {int(Outcome.NOT_APPLICABLE)}"
        for o in block.owed
    ]
