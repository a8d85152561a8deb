"""Every example of the conformance corpus, by the reference evaluator and by every engine."""

from __future__ import annotations

import pytest

from tests.spec.corpus import ENGINES, Bench, Example, topics

EXAMPLES = [example for topic in topics() for example in topic.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_reference(example: Example) -> None:
    bench = Bench(example)
    assert bench.by_reference() == (bench.outcomes, bench.values)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_engine(engine: str, example: Example) -> None:
    bench = Bench(example)
    assert bench.by_engine(ENGINES[engine]) == (bench.outcomes, bench.values)
