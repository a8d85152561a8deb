"""Days, nights and differences in SQL. Same sets as `engine/days.py`, without unfolding stays where it can.

Each list becomes intervals of day numbers, certain or possible. The size of a union is the sum of what each
interval adds beyond the furthest day reached before it, in order of first days.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bangfu.core.engine.sql.frames import Frame, is_timed, owner_relations, path_of
from bangfu.core.engine.sql.setting import FIRST_DAY, LAST_DAY, WindowSql
from bangfu.core.engine.sql.spans import SpanSql, inside, row_span
from bangfu.core.engine.sql.values import Sides, quoted
from bangfu.core.engine.windows import is_dated_list
from bangfu.core.expressions import nodes as n
from bangfu.core.vocabulary import Link, Relation, Table

if TYPE_CHECKING:
    from bangfu.core.engine.sql.reading import Reader


def day_sides(reader: Reader, node: n.DayCount | n.Difference) -> Sides:
    """The number as a pair on the reader's frame."""
    if isinstance(node, n.Difference):
        return _key_difference(reader, node) if node.match else _day_difference(reader, node)
    return _day_count(reader, node)


def _day_count(reader: Reader, node: n.DayCount) -> Sides:
    nights = node.take == "nights"
    parts = [sql for rows in node.lists for sql in _intervals(reader, rows, node.sure, nights, 0)]
    if node.less is not None:
        parts += _intervals(reader, node.less, None, False, 1)
    intervals = reader.frame.setting.step("interval", " UNION ALL ".join(parts))
    counted = _unfolded(reader, intervals) if node.take == "workdays" else _union_sizes(reader, intervals)
    alias = reader.frame.join_days(reader.frame.setting.step("day", counted))
    unknown = _own_unknown(reader, node.lists[0])
    endless, less_endless = f"COALESCE({alias}.endless, FALSE)", f"COALESCE({alias}.less_endless, FALSE)"
    low = f"(CASE WHEN {less_endless} OR {unknown} THEN 0 ELSE COALESCE({alias}.low, 0) END)"
    return Sides(low, f"(CASE WHEN NOT ({endless} OR {unknown}) THEN COALESCE({alias}.high, 0) END)")


def _own_unknown(reader: Reader, rows: n.Rows) -> str:
    window = reader.frame.setting.window(rows.within, reader.frame.table, "t")
    return f"({window.first} IS NULL OR {window.last} IS NULL)" if window.is_own else "FALSE"


_SETS = {
    # name: rows of lists (tag 0) and of `less` (tag 1) that it unites
    "shown": "(tag = 1 OR certain)",
    "taken": "tag = 1",
    "maybe": "(tag = 0 OR certain)",
    "surely_taken": "(tag = 1 AND certain)",
}


def _union_sizes(reader: Reader, intervals: str) -> str:
    keys = _keys(reader)
    reached = ", ".join(
        f"MAX(CASE WHEN {condition} THEN b END) OVER w AS {name}_reached" for name, condition in _SETS.items()
    )
    window = f"w AS (PARTITION BY {keys} ORDER BY a, b, tag, certain ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    sizes = {
        name: f"SUM(CASE WHEN {condition} THEN "
        f"GREATEST(0, b - GREATEST(a, COALESCE({name}_reached + 1, a)) + 1) ELSE 0 END)"
        for name, condition in _SETS.items()
    }
    low = f"{sizes['shown']} - {sizes['taken']}"
    high = f"{sizes['maybe']} - {sizes['surely_taken']}"
    inner = f"SELECT *, {reached} FROM {intervals} WINDOW {window}"
    return f"SELECT {keys}, {low} AS low, {high} AS high, {_ENDLESS} FROM ({inner}) AS i GROUP BY {keys}"


_ENDLESS = "BOOL_OR(endless AND tag = 0) AS endless, BOOL_OR(endless AND tag = 1) AS less_endless"


def _unfolded(reader: Reader, intervals: str) -> str:
    """Working days, day by day."""
    keys = _keys(reader)
    flags = (
        "BOOL_OR(tag = 0 AND certain) AS shown, BOOL_OR(tag = 0) AS maybe, "
        "BOOL_OR(tag = 1) AS taken, BOOL_OR(tag = 1 AND certain) AS surely_taken"
    )
    days = (
        f"SELECT {keys}, y.day, {flags}, {_ENDLESS} FROM {intervals} AS i "
        f"JOIN day AS y ON y.day BETWEEN i.a AND i.b AND y.is_workday GROUP BY {keys}, y.day"
    )
    return (
        f"SELECT {keys}, COUNT(CASE WHEN shown AND NOT taken THEN 1 END) AS low, "
        f"COUNT(CASE WHEN maybe AND NOT surely_taken THEN 1 END) AS high, "
        f"BOOL_OR(endless) AS endless, BOOL_OR(less_endless) AS less_endless FROM ({days}) AS u GROUP BY {keys}"
    )


def _day_difference(reader: Reader, node: n.Difference) -> Sides:
    """Days that stand in some list and not in all."""
    setting, keys = reader.frame.setting, _keys(reader)
    parts = [sql for tag, rows in enumerate(node.lists) for sql in _intervals(reader, rows, None, False, tag)]
    intervals = setting.step("interval", " UNION ALL ".join(parts))
    tags = range(len(node.lists))
    flags = ", ".join(
        f"BOOL_OR(tag = {tag} AND certain) AS c{tag}, BOOL_OR(tag = {tag}) AS p{tag}" for tag in tags
    )
    days = (
        f"SELECT {keys}, y.day, {flags} FROM {intervals} AS i "
        f"JOIN day AS y ON y.day BETWEEN i.a AND i.b GROUP BY {keys}, y.day"
    )
    shown, missing = (" OR ".join(f"{sign}{tag}" for tag in tags) for sign in ("c", "NOT p"))
    maybe, unsure = (" OR ".join(f"{sign}{tag}" for tag in tags) for sign in ("p", "NOT c"))
    counted = (
        f"SELECT {keys}, COUNT(CASE WHEN ({shown}) AND ({missing}) THEN 1 END) AS low, "
        f"COUNT(CASE WHEN ({maybe}) AND ({unsure}) THEN 1 END) AS high FROM ({days}) AS u GROUP BY {keys}"
    )
    alias = reader.frame.join_days(setting.step("day", counted))
    unknown = _own_unknown(reader, node.lists[0])
    low = f"(CASE WHEN {unknown} THEN 0 ELSE COALESCE({alias}.low, 0) END)"
    return Sides(low, f"(CASE WHEN NOT {unknown} THEN COALESCE({alias}.high, 0) END)")


def _keys(reader: Reader) -> str:
    return "subject_id, period_id" if reader.frame.is_timed else "subject_id"


def _number(day: str) -> str:
    return f"DATE_DIFF('day', DATE '1970-01-01', {day})"


# --- intervals ------------------------------------------------------------------------------------------


def _intervals(reader: Reader, rows: n.Rows, sure: n.Truth | None, nights: bool, tag: int) -> Iterator[str]:
    """SELECTs of (subject_id[, period_id], a, b, certain, endless, tag)."""
    yield from _row_intervals(reader, rows, sure, nights, tag)
    for link, owners in owner_relations(rows.relation, reader.frame.setting):
        sql = _untold_interval(reader, rows, link, owners, tag)
        if sql is not None:
            yield sql


def _row_intervals(
    reader: Reader, rows: n.Rows, sure: n.Truth | None, nights: bool, tag: int
) -> Iterator[str]:
    setting, relation = reader.frame.setting, rows.relation
    window = setting.window(rows.within, reader.frame.table, "s")
    path = path_of(relation, setting, "t")
    belongs = inside(relation, "t", path.members, window, setting)
    conditions = [node for node in (rows.where, sure) if node is not None]
    frame = Frame(
        setting, relation.table, any(is_timed(node) for node in conditions) and reader.frame.is_timed
    )
    inner = type(reader)(frame)
    where = inner.truth(rows.where) if rows.where is not None else "TRUE"
    surely = inner.truth(sure) if sure is not None else "TRUE"
    source = [f"{quoted(relation.table.id)} AS t", *path.joins]
    if window.is_own:
        own = reader.frame.table
        source.append(f"JOIN {quoted(own.id)} AS s ON s.{quoted(own.key)} = {path.subject}")
    if reader.frame.is_timed:
        source.append(f"JOIN period AS p ON ({belongs}) IS DISTINCT FROM FALSE")
    source += frame.joins()
    tail = (
        f"FROM {' '.join(source)} WHERE ({belongs}) IS DISTINCT FROM FALSE AND {where} IS DISTINCT FROM FALSE"
    )
    period = "p.period_id, " if reader.frame.is_timed else ""
    spans = [row_span(relation.table, "t"), *path.members]
    a, b = _clip([span.possible for span in spans], window, nights, None)
    head = f"SELECT {path.subject} AS subject_id, {period}"
    endless = _is_endless(a, window)
    yield (
        f"{head}{a} AS a, {b} AS b, FALSE AS certain, {endless} AS endless, {tag} AS tag {tail} AND {a} <= {b}"
    )
    a, b = _clip([span.certain for span in spans], window, nights, setting.today)
    known = " AND ".join(f"{span.certain[0]} IS NOT NULL" for span in spans)
    yield (
        f"{head}{a} AS a, {b} AS b, TRUE AS certain, FALSE AS endless, {tag} AS tag {tail} "
        f"AND {where} AND {surely} AND {known} AND {a} <= {b}"
    )


def _clip(
    spans: list[tuple[str, str]], window: WindowSql, nights: bool, today: str | None
) -> tuple[str, str]:
    """First and last day number within the window, the memberships and (for the certain) the as-of day."""
    own_end = _number(spans[0][1])
    if nights:
        own_end = f"({own_end} - CASE WHEN {spans[0][1]} = {LAST_DAY} THEN 0 ELSE 1 END)"
    starts = [_number(window.first), *(_number(start) for start, _ in spans)]
    ends = [_number(window.last), own_end, *(_number(end) for _, end in spans[1:])]
    if today is not None:
        # Of what has come to pass nothing is certain beyond the as-of day, nor is the night that follows it.
        ends.append(f"({_number(today)} - 1)" if nights else _number(today))
    return f"GREATEST({', '.join(starts)})", f"LEAST({', '.join(ends)})"


def _untold_interval(
    reader: Reader, rows: n.Rows, link: Link, owners: Relation | None, tag: int
) -> str | None:
    """Days after a list ends, on which anything may yet turn out."""
    setting, frame = reader.frame.setting, reader.frame
    is_dated = is_dated_list(link, rows.relation, setting.vocabulary)
    known = setting.known_to(link, rows.relation, "t")
    if not is_dated and known is None:
        return None
    members: tuple[SpanSql, ...] = ()
    if owners is None:
        source, subject, alias = [f"{quoted(frame.table.id)} AS t"], frame.key, "t"
    else:
        path = path_of(owners, setting, "t")
        source, subject, members, alias = (
            [f"{quoted(owners.table.id)} AS t", *path.joins],
            path.subject,
            (*_own_span(owners.table), *path.members),
            "s",
        )
    window = setting.window(rows.within, frame.table, alias)
    if window.is_own and owners is not None:
        source.append(f"JOIN {quoted(frame.table.id)} AS s ON s.{quoted(frame.table.key)} = {subject}")
    if frame.is_timed:
        source.append("CROSS JOIN period AS p")
    first, last = _number(window.first), _number(window.last)
    told = known if known is not None else LAST_DAY
    after = f"GREATEST({first}, LEAST({_number(told)}, {_number(setting.today)}) + 1)"
    starts = [f"CASE WHEN {told} IS NULL THEN {first} ELSE {after} END"]
    starts += [_number(member.possible[0]) for member in members]
    ends = [last, *(_number(member.possible[1]) for member in members)]
    a = f"GREATEST({', '.join(starts)})" if members else starts[0]
    b = f"LEAST({', '.join(ends)})" if members else last
    filters = [] if is_dated else [f"{told} IS NULL"]
    filters += [f"{window.first} IS NOT NULL AND {window.last} IS NOT NULL"] if window.is_own else []
    filters.append(f"{a} <= {b}")
    period = "p.period_id, " if frame.is_timed else ""
    return (
        f"SELECT {subject} AS subject_id, {period}{a} AS a, {b} AS b, FALSE AS certain, "
        f"{_is_endless(a, window)} AS endless, {tag} AS tag "
        f"FROM {' '.join(source)} WHERE {' AND '.join(filters)}"
    )


def _is_endless(a: str, window: WindowSql) -> str:
    """Whether the days go back to the beginning of time: more than can be named."""
    return f"({a} = {_number(FIRST_DAY)})" if window.is_once else "FALSE"


def _own_span(owner: Table) -> tuple[SpanSql, ...]:
    """The days of an owner that is itself dated: what is listed under it lies within."""
    return (row_span(owner, "t"),) if owner.timing.at or owner.timing.start else ()


# --- differences by key -----------------------------------------------------------------------------------


_NONE, _NEXT = "\x1e", "\x1f"  # no text of a register holds them


def _key_difference(reader: Reader, node: n.Difference) -> Sides:
    """Values of `match` that stand in one of two lists and not in the other."""
    setting, keys = reader.frame.setting, _keys(reader)
    parts = [_keyed_rows(reader, rows, node.match, tag) for tag, rows in enumerate(node.lists)]
    keyed = setting.step("keyed", " UNION ALL ".join(parts))
    flags = ", ".join(
        f"BOOL_OR(tag = {tag} AND surely) AS c{tag}, BOOL_OR(tag = {tag}) AS p{tag}, "
        f"COUNT(CASE WHEN tag = {tag} AND match_key IS NULL THEN 1 END) AS w{tag}"
        for tag in (0, 1)
    )
    by_key = f"SELECT {keys}, match_key, {flags} FROM {keyed} AS k GROUP BY {keys}, match_key"
    named = "match_key IS NOT NULL AND"
    counted = (
        f"SELECT {keys}, SUM(w0) AS wild0, SUM(w1) AS wild1, "
        f"COUNT(CASE WHEN {named} c0 AND NOT p1 THEN 1 END) AS only0, "
        f"COUNT(CASE WHEN {named} c1 AND NOT p0 THEN 1 END) AS only1, "
        f"COUNT(CASE WHEN {named} NOT (c0 AND c1) THEN 1 END) AS maybe FROM ({by_key}) AS u GROUP BY {keys}"
    )
    alias = reader.frame.join_days(setting.step("day", counted))
    open0, open1 = (
        reader.is_open(rows, setting.window(rows.within, reader.frame.table, "t")) for rows in node.lists
    )
    wild = [f"COALESCE({alias}.wild{tag}, 0)" for tag in (0, 1)]
    low = " + ".join(
        f"(CASE WHEN {wild[other]} = 0 AND NOT {is_open} THEN COALESCE({alias}.only{tag}, 0) ELSE 0 END)"
        for tag, other, is_open in ((0, 1, open1), (1, 0, open0))
    )
    high = f"COALESCE({alias}.maybe, 0) + {wild[0]} + {wild[1]}"
    high = f"(CASE WHEN NOT ({open0} OR {open1}) THEN {high} END)"
    if reader.state_open and not all(rows.relation.table.timing.is_dated for rows in node.lists):
        return Sides(
            f"(CASE WHEN p.is_closed THEN {low} ELSE 0 END)", f"(CASE WHEN p.is_closed THEN {high} END)"
        )
    return Sides(f"({low})", high)


def _keyed_rows(reader: Reader, rows: n.Rows, match: tuple[str, ...], tag: int) -> str:
    setting, relation = reader.frame.setting, rows.relation
    window = setting.window(rows.within, reader.frame.table, "s")
    path = path_of(relation, setting, "t")
    belongs = inside(relation, "t", path.members, window, setting)
    frame = Frame(
        setting, relation.table, rows.where is not None and is_timed(rows.where) and reader.frame.is_timed
    )
    inner = type(reader)(frame)
    truth = f"({belongs} AND {inner.truth(rows.where)})" if rows.where is not None else f"({belongs})"
    source = [f"{quoted(relation.table.id)} AS t", *path.joins]
    if reader.frame.is_timed:
        source.append(f"JOIN period AS p ON ({belongs}) IS DISTINCT FROM FALSE")
    source += frame.joins()
    cells = []
    for column_id in match:
        column = relation.table.columns[column_id]
        absent = inner.absent(n.ColumnValue(relation.table.id, column))
        cell = f"CAST(t.{quoted(column_id)} AS VARCHAR)"
        cells.append(f"CASE WHEN {absent} THEN '{_NONE}' ELSE {cell} END" if absent else cell)
    key = f" || '{_NEXT}' || ".join(cells)
    period = "p.period_id, " if reader.frame.is_timed else ""
    return (
        f"SELECT {path.subject} AS subject_id, {period}{key} AS match_key, COALESCE({truth}, FALSE) AS surely, "
        f"{tag} AS tag FROM {' '.join(source)} WHERE {truth} IS DISTINCT FROM FALSE"
    )


__all__ = ["FIRST_DAY", "day_sides"]
