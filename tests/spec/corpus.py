"""The conformance corpus: tables in, answers out. Every engine must give the same answers.

A topic is a YAML file with `title`, `about` and `examples`. An example has

- `title`: what it shows, in a sentence;
- `tables`: the rows, one text table each. `id` is the row's own key (1, 2, … unless given), a column named
  like a parent table holds the parent's id (the only parent's unless given), an empty cell is empty. A table
  not written was never checked, unless a parent's list says up to when it is complete;
- `expect`: conditions against subjects. The columns are `holds` (and `when`), then one a subject: its id, or
  `id @ period`;
- `values`: numbers against subjects: `3`, `2..5`, `2..` (open), `..`, `2/3` (a quotient is not divided);
- `subject` (household), `as_of`, `per` (once), `parameters`, `measures`, `campaign`, `stages`, `absent` (tables
  that are not there at all).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

from bangfu.core.calendars import load_calendar
from bangfu.core.engine import Ask, Outcome, Run, World, duckdb, judge
from bangfu.core.engine.cases import arrow_tables
from bangfu.core.engine.reference import Evaluator
from bangfu.core.expressions.intervals import Interval, Ratio
from bangfu.core.periods import Period, named, once, parse_period
from bangfu.core.plans.plan import Plan
from bangfu.core.vocabulary import load_vocabulary
from tests.inline_plans import plan_of
from tests.text_tables import read_rows, read_table

TOPICS = Path(__file__).parent / "topics"
Engine = Callable[[Plan, Mapping[str, pa.Table], Ask], Run]
ENGINES: dict[str, Engine] = {"duckdb": duckdb.evaluate}
OUTCOMES = {outcome.name.lower(): outcome for outcome in Outcome} | {"n/a": Outcome.NOT_APPLICABLE}
BEYOND = 999_999_999  # no value of the corpus reaches it
Point = tuple[int, str]  # subject, period


@dataclass(frozen=True)
class Topic:
    """One file of examples."""

    name: str
    title: str
    about: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Example:
    """One world and what is expected of it."""

    topic: str
    title: str
    spec: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.topic}: {self.title}"


@cache
def topics() -> tuple[Topic, ...]:
    """Every topic, by name."""
    yaml = YAML(typ="safe", pure=True)
    found = []
    for path in sorted(TOPICS.glob("*.yaml")):
        doc = yaml.load(path.read_text(encoding="utf-8"))
        examples = tuple(Example(path.stem, spec["title"], spec) for spec in doc["examples"])
        found.append(Topic(path.stem, doc["title"], doc["about"], examples))
    return tuple(found)


class Bench:
    """An example ready to be run."""

    def __init__(self, example: Example) -> None:
        self.spec = example.spec
        self.vocabulary = load_vocabulary()
        self.subject: str = self.spec.get("subject", "household")
        self.per: str = self.spec.get("per", "once")
        self.as_of: date = self.spec.get("as_of", date(2020, 6, 30))
        self.campaign = tuple(self.spec["campaign"]) if "campaign" in self.spec else None
        self.calendar = load_calendar()
        tables = read_rows(self.spec["tables"], self.vocabulary)
        there = {name: rows for name, rows in tables.items() if name not in self.spec.get("absent", ())}
        self.world = World(self.vocabulary, there, self.as_of, self.calendar, self.campaign)
        self.outcomes: dict[str, dict[Point, Outcome]] = {}
        self.values: dict[str, dict[Point, str]] = {}
        self.plan = self._plan()
        points = [
            point for by_point in (*self.outcomes.values(), *self.values.values()) for point in by_point
        ]
        self.periods = [self._period(name) for name in dict.fromkeys(name for _, name in points)]

    # --- what is asked ----------------------------------------------------------------------------------

    def _plan(self) -> Plan:
        criteria: list[dict[str, Any]] = list(self.spec.get("criteria", []))
        measures: dict[str, Any] = {
            name: {"subject": self.subject, **spec} for name, spec in self.spec.get("measures", {}).items()
        }
        for name, answers in self._asked("expect"):
            when, holds = name
            criterion = {"id": f"c{len(criteria)}", "holds": holds}
            criteria.append(criterion | ({"when": when} if when else {}))
            self.outcomes[criterion["id"]] = {p: OUTCOMES[answer] for p, answer in answers.items()}
        for (_, expression), answers in self._asked("values"):
            measure, criterion_id = f"value{len(criteria)}", f"c{len(criteria)}"
            measures[measure] = {"subject": self.subject, "value": expression}
            criteria.append({"id": criterion_id, "holds": f"{measure} >= {BEYOND}"})
            self.values[criterion_id] = answers
        return plan_of(
            [{"subject": self.subject, "per": self.per, **criterion} for criterion in criteria],
            measures,
            self.spec.get("parameters"),
            self.campaign,
            lets_unsafe_pass=True,
        )

    def _asked(self, part: str) -> Iterator[tuple[tuple[str, str], dict[Point, str]]]:
        if part not in self.spec:
            return
        header, rows = read_table(self.spec[part])
        texts = header.index("holds" if part == "expect" else "value")
        for row in rows:
            when = row[0] if texts == 1 else ""
            answers = {
                self._point(head): answer
                for head, answer in zip(header[texts + 1 :], row[texts + 1 :], strict=True)
                if answer
            }
            yield (when, row[texts]), answers

    def _point(self, head: str) -> Point:
        key, _, period = head.partition("@")
        return int(key), period.strip() or "once"

    def _period(self, name: str) -> Period:
        stages = {
            text: named(self.per, text, *days)  # type: ignore[arg-type]
            for text, days in self.spec.get("stages", {}).items()
        }
        return once(self.as_of) if name == "once" else stages.get(name) or parse_period(name)

    # --- answers ----------------------------------------------------------------------------------------

    def by_reference(self) -> tuple[dict[str, dict[Point, Outcome]], dict[str, dict[Point, str]]]:
        """Outcomes and values by the reference evaluator, where something is expected."""
        outcomes = {
            c: {point: self._judged(c, point) for point in points} for c, points in self.outcomes.items()
        }
        values = {c: {point: self._value(c, point) for point in points} for c, points in self.values.items()}
        return outcomes, values

    def _judged(self, criterion_id: str, point: Point) -> Outcome:
        criterion = self.plan.criterion(criterion_id)
        assert criterion is not None
        return judge(criterion, self.world, self._period(point[1]), self._subject_row(point[0]))

    def _subject_row(self, key: int) -> Mapping[str, object]:
        return next(row for row in self.world.rows(self.subject) if row[f"{self.subject}_id"] == key)

    def _value(self, criterion_id: str, point: Point) -> str:
        table = self.vocabulary.tables[self.subject]
        period = self._period(point[1])
        measure = self.plan.measures[self.subject, f"value{criterion_id[1:]}"]
        is_open = period.end > self.as_of
        evaluator = Evaluator(self.world, period, table, self._subject_row(point[0]), state_open=is_open)
        return _ratio(evaluator.number(measure))

    def by_engine(
        self, engine: Engine
    ) -> tuple[dict[str, dict[Point, Outcome]], dict[str, dict[Point, str]]]:
        """The same by an engine: all criteria at once."""
        run = engine(self.plan, arrow_tables(self.world), Ask(self.as_of, self.calendar, self.periods))
        verdicts = next(v for v in run.verdicts if v.subject == self.subject).table.to_pylist()
        rows = {(row["subject_id"], row["period"]): row for row in verdicts}
        names = {point: (point[0], self._period(point[1]).id) for point in self._points()}
        outcomes = {
            c: {point: Outcome(rows[names[point]][c]) for point in points}
            for c, points in self.outcomes.items()
        }
        shown = _values(run)
        values = {
            c: {point: shown[c, *names[point]] for point in points} for c, points in self.values.items()
        }
        return outcomes, values

    def _points(self) -> set[Point]:
        return {point for points in (*self.outcomes.values(), *self.values.values()) for point in points}


def _values(run: Run) -> dict[tuple[str, int, str], str]:
    """The value of each criterion's measure: from its finding, or from what is still owed in the period."""
    shown = {
        (row["criterion"], row["subject_id"], row["period"]): _fact([row["certain"], row["possible"]])
        for row in run.measures.to_pylist()
    }
    for row in run.findings.to_pylist():
        facts = json.loads(row["facts"], parse_float=Decimal)
        if (name := f"value{row['criterion'][1:]}") in facts:
            shown[row["criterion"], row["subject_id"], row["period"]] = _fact(facts[name])
    return shown


def _ratio(value: Ratio) -> str:
    parts = [value.num] if value.den is None else [value.num, value.den]
    return "/".join(_range(part) for part in parts)


def _range(value: Interval) -> str:
    low, high = (
        "" if x is None else _figure(Decimal(x.numerator) / x.denominator) for x in (value.low, value.high)
    )
    return low if low == high and low else f"{low}..{high}"


def _figure(value: Decimal | int | str) -> str:
    text = format(Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fact(fact: object) -> str:
    if isinstance(fact, dict):
        return f"{_fact(fact['of'])}/{_fact(fact['per'])}"
    low, high = fact if isinstance(fact, list) else (fact, fact)
    shown = ["" if side is None else _figure(side) for side in (low, high)]
    return shown[0] if shown[0] == shown[1] and shown[0] else "..".join(shown)
