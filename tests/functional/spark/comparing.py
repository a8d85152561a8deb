"""Are two runs the same, to the last letter?"""

from __future__ import annotations

import pyarrow as pa

from bangfu.core.engine import Run


def assert_same(found: Run, expected: Run) -> None:
    """Outcomes, findings with their facts, counts and measures, and their types."""
    shapes = [(v.subject, v.per, v.criteria) for v in found.verdicts]
    assert shapes == [(v.subject, v.per, v.criteria) for v in expected.verdicts]
    for ours, theirs in zip(found.verdicts, expected.verdicts, strict=True):
        _assert_same_rows(ours.table, theirs.table)
    for kind in ("findings", "measures"):
        _assert_same_rows(getattr(found, kind), getattr(expected, kind))
    _assert_same_rows(_summed(found.counts), _summed(expected.counts))


def _assert_same_rows(found: pa.Table, expected: pa.Table) -> None:
    assert found.schema == expected.schema
    assert _sorted(found).to_pylist() == _sorted(expected).to_pylist()


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in table.column_names])


def _summed(counts: pa.Table) -> pa.Table:
    """Counts of parts, put together."""
    keys = ["criterion", "period", "division"]
    names = [name for name in counts.column_names if name not in keys]
    summed = counts.group_by(keys).aggregate([(name, "sum") for name in names])
    return summed.select([*keys, *(f"{name}_sum" for name in names)])
