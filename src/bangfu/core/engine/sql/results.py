"""What is asked of a judged block: outcomes, findings, counts, and what is still owed.

The rows of the block stand in `block`, its periods in `period`.
"""

from __future__ import annotations

from bangfu.core.engine.outcome import FINDINGS, Outcome
from bangfu.core.engine.sql.blocks import Block, facts_json
from bangfu.core.engine.sql.values import literal, quoted


def verdicts_sql(block: Block) -> str:
    """A row per subject and period: subject_id, period, division, then a column per criterion."""
    ids = ", ".join(quoted(criterion.id) for criterion in block.criteria)
    return f"SELECT subject_id, {_period(block)} AS period, division, {ids} FROM block {_join(block)}"


def findings_sql(block: Block) -> str:
    """The unmet and the unknown with the values used: the columns of FINDINGS_SCHEMA."""
    return " UNION ALL ".join(_findings_of(block, criterion.id) for criterion in block.criteria)


def _findings_of(block: Block, criterion: str) -> str:
    column = quoted(criterion)
    wanted = ", ".join(str(int(outcome)) for outcome in FINDINGS)
    return (
        f"SELECT {literal(criterion)} AS criterion, {literal(block.subject)} AS subject, subject_id, "
        f"{_period(block)} AS period, division, {column} AS outcome, {facts_json(block, criterion)} AS facts "
        f"FROM block {_join(block)} WHERE {column} IN ({wanted})"
    )


_PACKED = (Outcome.UNMET, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE)
_BITS = 21


def grouped_sql(block: Block, is_packed: bool) -> str:
    """Counts by division (and period) in one pass, a row for each: what `counts_sql` reads as `grouped`.

    Packed: three counts of 21 bits in one sum, for at most two million rows.
    """
    keys = "division" if block.is_once else "division, period_id"
    columns: list[str] = []
    for index, criterion in enumerate(block.criteria):
        column, rest = quoted(criterion.id), [] if block.is_once else [Outcome.NOT_DUE]
        if is_packed:
            cases = " ".join(
                f"WHEN {column} = {int(outcome)} THEN {1 << (_BITS * place)}"
                for place, outcome in enumerate(_PACKED)
            )
            columns.append(f"CAST(SUM(CASE {cases} ELSE 0 END) AS BIGINT) AS c{index}")
        else:
            rest = [*_PACKED, *rest]
        columns += [
            f"COUNT(CASE WHEN {column} = {int(outcome)} THEN 1 END) AS c{index}_{int(outcome)}"
            for outcome in rest
        ]
    return f"SELECT {keys}, COUNT(*) AS n, {', '.join(columns)} FROM block GROUP BY {keys}"


def counts_sql(block: Block, is_packed: bool) -> str:
    """The columns of COUNTS_SCHEMA, from the rows of `grouped`."""
    return " UNION ALL ".join(_counts_of(block, index, is_packed) for index in range(len(block.criteria)))


def _counts_of(block: Block, index: int, is_packed: bool) -> str:
    mask = (1 << _BITS) - 1
    counts = {
        outcome: f"((c{index} >> {_BITS * place}) & {mask})" if is_packed else f"c{index}_{int(outcome)}"
        for place, outcome in enumerate(_PACKED)
    }
    counts[Outcome.NOT_DUE] = "0" if block.is_once else f"c{index}_{int(Outcome.NOT_DUE)}"
    named = ", ".join(f"{sql} AS {outcome.name.lower()}" for outcome, sql in counts.items())
    met = " - ".join(["n", *counts.values()])
    return (
        f"SELECT {literal(block.criteria[index].id)} AS criterion, {_period(block)} AS period, division, "
        f"{met} AS met, {named} FROM grouped {_join(block)}"
    )


def measures_sql(block: Block) -> list[str]:
    """The columns of MEASURES_SCHEMA: what measures have, what they need, and until when."""
    return [
        f"SELECT criterion, {literal(block.subject)} AS subject, subject_id, period.id AS period, measure, "
        f"certain, possible, threshold, owed, m.last_day FROM ({sql}) AS m JOIN period USING (period_id)"
        for sql in block.owed
    ]


def _period(block: Block) -> str:
    return "'once'" if block.is_once else "period.id"


def _join(block: Block) -> str:
    return "" if block.is_once else "JOIN period USING (period_id)"
