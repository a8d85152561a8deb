"""What every SQL engine starts from (columns, periods, days of the calendar), and how it stops short."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.core.engine.days import days_between
from bangfu.core.engine.run import Ask
from bangfu.core.engine.sql.blocks import Block
from bangfu.core.errors import Cancelled, EngineError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.periods import NAMED_KINDS, Period, once, previous


def periods_of(block: Block, ask: Ask) -> list[Period]:
    """The periods over which a block is judged; none: there is nothing to do."""
    return [once(ask.as_of)] if block.is_once else ask.periods_of(block.per)


def check_columns(name: str, source: Path | pa.Table, schema: pa.Schema) -> None:
    """Raises EngineError where a table lacks a column of the schema or has it in another type."""
    found = pq.read_schema(source) if isinstance(source, Path) else source.schema
    wrong = [f.name for f in schema if f.name not in found.names or found.field(f.name).type != f.type]
    if wrong:
        raise EngineError(
            Problem(
                "engine.columns",
                Message(
                    N_("表“{table}”缺少列或列的类型不对：{columns}。"), {"table": name, "columns": wrong}
                ),
                remedy=Message(N_("请用本版本重新生成快照。")),
            )
        )


def period_table(block: Block, ask: Ask) -> pa.Table:
    """The table `period`: a row per period with all that its SQL asks for. Raises CalendarError where working
    days are counted in a year that the calendar does not know."""
    if block.counts_workdays and block.campaign:
        ask.calendar.count_workdays(*block.campaign)
    rows = []
    for number, period in enumerate(periods_of(block, ask)):
        before = None if period.kind in (*NAMED_KINDS, "once") else previous(period)
        if block.counts_workdays and before:
            ask.calendar.count_workdays(before.start, before.end)
        workdays = ask.calendar.count_workdays(period.start, period.end) if block.counts_workdays else None
        rows.append(
            {
                "period_id": number,
                "id": period.id,
                "first_on": period.start,
                "last_on": period.end,
                "before_first_on": before.start if before else None,
                "before_last_on": before.end if before else None,
                "is_closed": period.end <= ask.as_of,
                "days": (period.end - period.start).days + 1,
                "workdays": workdays,
            }
        )
    dates = ("first_on", "last_on", "before_first_on", "before_last_on")
    schema = pa.schema(
        [("period_id", pa.int32()), ("id", pa.string())]
        + [(name, pa.date32()) for name in dates]
        + [("is_closed", pa.bool_()), ("days", pa.int32()), ("workdays", pa.int32())]
    )
    return pa.Table.from_pylist(rows, schema)


def day_table(blocks: Sequence[Block], ask: Ask) -> pa.Table:
    """The table `day`: day numbers with whether they are worked (NULL where the calendar does not know), over
    the years of the calendar, of the periods and those before them, and of the campaign."""
    spans = [(period.start, period.end) for period in ask.periods]
    spans += [block.campaign for block in blocks if block.campaign]
    years = ask.calendar.years | {day.year for span in spans for day in span}
    days = list(days_between(date(min(years) - 1, 1, 1), date(max(years), 12, 31)))
    epoch = date(1970, 1, 1)
    calendar = ask.calendar
    return pa.table(
        {
            "day": pa.array([(day - epoch).days for day in days], pa.int64()),
            "is_workday": [calendar.is_workday(day) if day.year in calendar.years else None for day in days],
        }
    )


def stop_if_cancelled(ask: Ask) -> None:
    """Raises Cancelled where the user has stopped."""
    if ask.is_cancelled():
        raise Cancelled(Problem("engine.cancelled", Message(N_("已停止，没有留下半途的结果。"))))


def failure(blocks: Sequence[Block], error: Exception) -> EngineError:
    """What to tell when the SQL of blocks fails: names and the kind of error, never values of a person."""
    names = sorted({f"{block.subject}（{block.per}）" for block in blocks})
    values = {"blocks": "、".join(names), "reason": type(error).__name__}
    remedy = Message(N_("请检查方案中的数值是否过大；没有留下半途的结果。"))
    return EngineError(
        Problem("engine.failed", Message(N_("核查 {blocks} 时出错：{reason}"), values), remedy=remedy)
    )
