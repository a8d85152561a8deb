"""bangfu integrity: is the register sound in itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from bangfu.cli.console import outcome_text, progress, say, say_json, say_table, t
from bangfu.cli.edge import day_of, now, register_key, today, user
from bangfu.cli.registers import RegisterFolder
from bangfu.cli.runs import AsJson, CalendarFile
from bangfu.core.calendars import load_calendar
from bangfu.core.integrity import SOURCE, Audit, Rule, Similarity, audit, load_rules
from bangfu.core.messages import N_
from bangfu.core.register import Access, Batch, Kind, ParquetRegister, State, open_register
from bangfu.core.sheets.writing import SheetColumn, Value, open_book
from bangfu.core.vocabulary import Vocabulary

Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help=t(N_("把差异写成工作簿（要写用途）。")))
]
WhatFor = Annotated[str, typer.Option("--purpose", help=t(N_("用途，会记入登记库的查询记录。")))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=t(N_("只核对，不写入。")))]
CompleteOn = Annotated[
    str,
    typer.Option(
        "--complete-on",
        metavar="DATE",
        help=t(N_("各种比对都已做完的日期；不写则没有差异的户仍为待核实。")),
    ),
]


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(
        help=t(N_("自查登记库：逻辑错误、照搬上年的收入、雷同的一户一策，记为数据差异。")),
        epilog=t(N_("示例：bangfu integrity 登记库 --as-of 2023-12-31 --out 差异.xlsx --purpose 整改交办")),
    )(integrity)


def integrity(
    register: RegisterFolder,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help=t(N_("哪一天的情况；不写为今天。")))
    ] = "",
    threshold: Annotated[
        float, typer.Option("--threshold", min=0.7, max=1.0, help=t(N_("两份文字相同多少算雷同。")))
    ] = Similarity.threshold,
    shortest: Annotated[
        int, typer.Option("--shortest", min=1, help=t(N_("少于多少字的一户一策不比。")))
    ] = Similarity.shortest,
    texts: Annotated[bool, typer.Option("--texts/--no-texts", help=t(N_("比不比一户一策的文字。")))] = True,
    complete_on: CompleteOn = "",
    out: Out = None,
    purpose: WhatFor = "",
    dry_run: DryRun = False,
    calendar_file: CalendarFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge the rules and keep what they find; counts only, unless a workbook is asked for."""
    library = open_register(register, register_key())
    day = day_of(as_of) or today()
    with progress(t(N_("自查"))):
        state = library.state()
        found = audit(
            state,
            library.vocabulary,
            day,
            load_calendar(calendar_file),
            drawn_batch(SOURCE, day, state),
            Similarity(threshold, shortest) if texts else None,
            own_batches(library, SOURCE),
            day_of(complete_on),
        )
    rules = {rule.id: rule for rule in load_rules()}
    if out is not None:
        record_look(library, "integrity", purpose, found.hits)
        with open_book(out) as book:
            book.add_table(
                t(N_("数据差异")),
                _columns(),
                _rows(found, rules, state, library.vocabulary),
                t(N_("数据自查差异")),
            )
    seq = None if dry_run else appended(library, found.changes)
    counts = _counts(found.hits)
    if as_json:
        say_json({"batch": seq, "rules": counts.to_dicts(), "similar_plans": found.groups.height})
        return
    say_table(
        [t(N_("编号")), t(N_("规则")), outcome_text(2), outcome_text(3)],
        [(rule, rules[rule].name, broken, unknown) for rule, broken, unknown in counts.iter_rows()],
        numeric=(2, 3),
    )
    if not counts.height:
        say(t(N_("✓ 没有发现差异。")))
    say_written(seq, dry_run, out)
    if counts.height:
        say_where(out)


def own_batches(library: ParquetRegister, source: str) -> list[int]:
    """The numbers of the batches that such a command wrote."""
    return [entry.seq for entry in library.batches() if entry.batch.source == source]


def appended(library: ParquetRegister, changes: object) -> int | None:
    """The number of the batch; None where the register already says so."""
    receipt = library.append(changes)  # type: ignore[arg-type]
    return receipt.seq if receipt.is_new else None


def say_written(seq: int | None, dry_run: bool, out: Path | None) -> None:
    """Close a command: what became of the register and of the workbook."""
    if dry_run:
        say(t(N_("这是核对，没有写入。去掉 --dry-run 即可写入。")))
    elif seq is None:
        say(t(N_("✓ 登记库中已经是这样，没有改动。")))
    else:
        say(t(N_("✓ 已写入登记库，第 {seq} 批。"), seq=seq))
    if out is not None:
        say(t(N_("✓ {file}"), file=str(out)))


def say_where(out: Path | None) -> None:
    """Say how to learn who is meant: on the screen stand figures only."""
    if out is None:
        say(t(N_("– 要看是哪些户、哪些人，请加 --out 差异.xlsx 并用 --purpose 写明用途。")))


def drawn_batch(source: str, day: date, state: State) -> Batch:
    """A batch of facts found on a day; what is found again on the same register is no second batch."""
    key = hashlib.sha256(f"{source} {day} {state.seq}".encode()).hexdigest()
    return Batch(key[:16], Kind.CORRECTION, source, day, now(), user(), key)


def record_look(library: ParquetRegister, action: str, purpose: str, hits: pl.DataFrame) -> None:
    """Write down whose data leave, and why, before they do."""
    homes = sorted(hits["household_id"].drop_nulls().unique().to_list())
    library.record_access(
        Access(at=now(), by=user(), action=action, purpose=purpose, subjects={"household": homes})
    )


def _counts(hits: pl.DataFrame) -> pl.DataFrame:
    grouped = hits.group_by("rule", maintain_order=True)
    return grouped.agg(
        (pl.col("outcome") == 2).sum().alias("broken"), (pl.col("outcome") == 3).sum().alias("unknown")
    )


def _columns() -> list[SheetColumn]:
    return [
        SheetColumn(t(N_("村")), 14),
        SheetColumn(t(N_("户编号")), 20),
        SheetColumn(t(N_("人口编号")), 22),
        SheetColumn(t(N_("结论")), 12),
        SheetColumn(t(N_("规则")), 24, wrap=True),
        SheetColumn(t(N_("问题")), 34, wrap=True),
        SheetColumn(t(N_("处理办法")), 34, wrap=True),
    ]


def _rows(
    found: Audit, rules: dict[str, Rule], state: State, vocabulary: Vocabulary
) -> Iterator[tuple[Value, ...]]:
    tables = vocabulary.tables
    homes = state.rows(tables["household"]).select("household_id", "household_code")
    people = state.rows(tables["person"]).select("person_id", "person_code")
    villages = state.rows(tables["village"]).select("village_id", "division_name")
    told = (
        found.hits.join(homes, on="household_id", how="left")
        .join(villages, on="village_id", how="left")
        .join(people, left_on="subject_id", right_on="person_id", how="left")
        .sort("outcome", "division_name", "household_code", "rule")
    )
    for row in told.iter_rows(named=True):
        rule = rules[row["rule"]]
        person = row["person_code"] if rule.subject == "person" else None
        is_broken = row["outcome"] == 2
        yield (
            row["division_name"],
            row["household_code"],
            person,
            outcome_text(row["outcome"]),
            rule.name,
            rule.message if is_broken else t(N_("登记得不全，判断不了")),
            rule.remedy if is_broken else t(N_("补全有关的登记后再查")),
        )
