"""Runs a plan over a register: five outcomes, explained, by engines that agree."""

from bangfu.core.engine.duckdb import evaluate, evaluate_into
from bangfu.core.engine.explaining import Clause, Explanation, explain
from bangfu.core.engine.outcome import FINDINGS, Outcome
from bangfu.core.engine.reference import judge
from bangfu.core.engine.run import Ask, Run, Tables, Verdicts
from bangfu.core.engine.world import World

__all__ = [
    "FINDINGS",
    "Ask",
    "Clause",
    "Explanation",
    "Outcome",
    "Run",
    "Tables",
    "Verdicts",
    "World",
    "evaluate",
    "evaluate_into",
    "explain",
    "judge",
]
