"""Can these tests fail? Engines broken on purpose, in the ways that are easily written, must be caught."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from bangfu.core.engine import days, duckdb, judge, reference
from bangfu.core.engine.sql import frames
from bangfu.core.engine.sql.reading import Reader
from bangfu.core.engine.world import UNKNOWN
from bangfu.core.errors import EngineError
from bangfu.core.vocabulary import Column, ColumnType
from tests.generative.choosing import Rolling
from tests.generative.completing import outcomes
from tests.generative.engines import by_reference, outcomes_of, run_of
from tests.generative.scenes import Scene, scene
from tests.generative.test_truth import DECIDED
from tests.generative.worlds import Shape

Patch = Callable[[pytest.MonkeyPatch], None]
SEEDS = range(1500)


def _scenes(criteria: int, shape: Shape) -> Iterator[Scene]:
    found = (scene(Rolling(seed), criteria, shape) for seed in SEEDS)
    return (each for each in found if each is not None)


def _forget_open_lists(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reader, "is_open", lambda self, rows, window: "(FALSE)")


def _drop_null_rows(patch: pytest.MonkeyPatch) -> None:
    kept = frames._two_bits
    patch.setattr(frames, "_two_bits", lambda *args: kept(*args).replace("{unknown}", frames._NONE))


def _count_only_what_is_known(patch: pytest.MonkeyPatch) -> None:
    kept = Reader._count

    def count(self: Reader, rows: object) -> object:
        sides = kept(self, rows)  # type: ignore[arg-type]
        return type(sides)(sides.low, sides.low)

    patch.setattr(Reader, "_count", count)


@pytest.mark.parametrize("break_it", [_forget_open_lists, _drop_null_rows, _count_only_what_is_known])
def test_broken_sql_disagrees(break_it: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it(monkeypatch)
    scenes = islice(_scenes(6, Shape(subjects=3)), 60)
    assert any(_disagrees(each) for each in scenes)


def _disagrees(each: Scene) -> bool:
    try:
        return outcomes_of(run_of(duckdb.evaluate, each)) != by_reference(each)
    except EngineError:
        return True


def _believe_every_list(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reference, "is_open", lambda relation, subject, window, world: False)


def _believe_bounds_of_what_may_not_apply(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reference.Evaluator, "_may_prove_absent", lambda self, node: False)


def _believe_standing_facts_for_good(patch: pytest.MonkeyPatch) -> None:
    kept = reference.replace

    def replace(evaluator: object, **changes: object) -> object:
        return kept(evaluator, **{**changes, "state_open": False} if "state_open" in changes else changes)  # type: ignore[type-var]

    patch.setattr(reference, "replace", replace)


def _count_the_unknown_as_nothing(patch: pytest.MonkeyPatch) -> None:
    kept = reference._column_value

    def column_value(found: object, column: Column) -> object:
        is_number = column.type in (ColumnType.INT, ColumnType.DECIMAL)
        return kept(0 if found is UNKNOWN and is_number else found, column)

    patch.setattr(reference, "_column_value", column_value)


def _forget_days_nobody_told_of(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(days, "_untold_days", lambda rows, subject, window, world: iter(()))


@pytest.mark.parametrize(
    "break_it",
    [
        _believe_every_list,
        _believe_bounds_of_what_may_not_apply,
        _believe_standing_facts_for_good,
        _count_the_unknown_as_nothing,
        _forget_days_nobody_told_of,
    ],
)
def test_a_broken_reference_is_wrong(break_it: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it(monkeypatch)
    assert any(_is_wrong(each) for each in _scenes(1, Shape()))


def _is_wrong(each: Scene) -> bool:
    criterion = each.plan.criteria[0]
    return any(
        (outcome := judge(criterion, each.world, period, row)) in DECIDED
        and outcomes(criterion, each.world, period, row, 50)[0] != {outcome}
        for row in each.world.rows(criterion.subject)[:1]
        for period in each.times.periods
    )
