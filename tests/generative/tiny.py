"""A vocabulary so small that every completion of what is unknown can be tried.

It has every structure of the real one: standing lists, rows dated by day, year or span, ends that do not apply,
memberships, a list under a list, a subject with days of its own, columns that may not apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bangfu.core.calendars import Calendar
from bangfu.core.vocabulary import (
    CodeList,
    Column,
    ColumnType,
    Empty,
    Link,
    Sensitivity,
    Table,
    Timing,
    Vocabulary,
)


def _column(table: str, text: str) -> Column:
    """`name type [low..high] [na(given)] [fixed]`."""
    name, kind, *rest = text.split()
    options: dict[str, Any] = {"empty": Empty.NOT_KNOWN}
    for word in rest:
        if ".." in word:
            low, high = word.split("..")
            options |= {
                "minimum": Decimal(low) if low else None,
                "maximum": Decimal(high) if high else None,
            }
        elif word.startswith("na("):
            options |= {"empty": Empty.NOT_APPLICABLE, "given": word[3:-1]}
        else:
            options["fixed"] = True
    codes = {"code": "kinds", "codes": "tags"}.get(kind)
    return Column(
        name, f"{table}_{name}", name, ColumnType(kind), codes=codes, sensitivity=Sensitivity.INTERNAL,
        source="test", **options,
    )  # fmt: skip


_STANDING = Timing()


def _table(
    name: str, columns: str, links: Sequence[Link] = (), timing: Timing = _STANDING, **rest: Any
) -> Table:
    return Table(
        name,
        f"{name}表",
        name,
        {
            column.id: column
            for column in (_column(name, text) for text in columns.split("\n") if text.strip())
        },
        tuple(links),
        timing,
        **rest,
    )


def _known(*names: str) -> str:
    return "\n".join(f"{name}_known date" for name in names)


VOCABULARY = Vocabulary(
    {
        table.id: table
        for table in (
            _table("village", _known("houses") + "\nsize int 0..2", is_subject=True),
            _table(
                "house",
                """n int 0..2
                m int
                sum decimal 0..
                flag bool
                ok bool na(flag)
                kind code
                seal code na(kind)
                grade int 1..2 na(kind)
                left_on date na(flag)
                tags codes
                born date fixed
                sex bool fixed
                """
                + _known("people", "events", "diaries", "stays", "leaves", "items", "memberships", "duties"),
                [
                    Link("village", "village_id", known_to="houses_known"),
                    Link("team", through="membership", known_to="members_known"),
                    Link("batch", through="duty", known_to="duties_known"),
                ],
                is_subject=True,
            ),
            _table(
                "person",
                "age int 0..2\nfit bool\nrank int 1..2 na(fit)\ntags codes\n" + _known("stops"),
                [Link("house", "house_id", known_to="people_known")],
                is_subject=True,
            ),
            _table(
                "stop",
                "day date\ngood bool\nw int 0..2",
                [Link("person", "person_id", known_to="stops_known")],
                Timing(at="day"),
            ),
            _table(
                "event",
                "day date\ngood bool\nw int 0..2\ngain decimal\nkind code\nround int 1.. na(kind)",
                [Link("house", "house_id", known_to="events_known")],
                Timing(at="day"),
            ),
            _table(
                "diary", "day date\nkind code", [Link("house", "house_id", known_to="diaries_known")], Timing(at="day")
            ),
            _table(
                "stay",
                "in_on date\nout_on date\ngood bool\nkind code",
                [Link("house", "house_id", known_to="stays_known")],
                Timing(start="in_on", end="out_on"),
            ),
            _table(
                "leave",
                "from_on date\nto_on date na(from_on)\ngood bool",
                [Link("house", "house_id", known_to="leaves_known")],
                Timing(start="from_on", end="to_on"),
            ),
            _table(
                "item",
                "year int 2010..2100\nkind code\namount decimal 0..2\nloss decimal",
                [Link("house", "house_id", known_to="items_known")],
                Timing(year="year"),
                previous="previous_item",
            ),
            _table("team", "size int 0..2\n" + _known("members", "batches"), is_subject=True),
            _table(
                "membership",
                "start_on date\nend_on date na(start_on)\nlead bool\n" + _known("visits"),
                [
                    Link("house", "house_id", known_to="memberships_known"),
                    Link("team", "team_id", known_to="members_known"),
                ],
                Timing(start="start_on", end="end_on"),
                is_subject=True,
            ),
            _table(
                "visit",
                "day date\ngood bool",
                [Link("membership", "membership_id", known_to="visits_known")],
                Timing(at="day"),
            ),
            _table(
                "batch",
                "first_on date\nlast_on date\nlead bool\n" + _known("duties"),
                [Link("team", "team_id", known_to="batches_known")],
                Timing(start="first_on", end="last_on"),
                is_subject=True,
            ),
            _table(
                "duty",
                "begins_on date\nends_on date\nlead bool",
                [
                    Link("batch", "batch_id", known_to="duties_known"),
                    Link("house", "house_id", known_to="duties_known"),
                ],
                Timing(start="begins_on", end="ends_on"),
            ),
        )
    },
    {
        "kinds": CodeList("kinds", "kinds", {"a": "甲", "b": "乙", "c": "丙"}),
        "tags": CodeList("tags", "tags", {"x": "东", "y": "西"}),
    },
)  # fmt: skip

CALENDAR = Calendar(frozenset({2018, 2019, 2020, 2021}), {date(2020, 6, 3): False, date(2020, 6, 6): True})
