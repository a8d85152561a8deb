"""bangfu reconcile: does the register agree with other lists, person by person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from bangfu.cli.console import progress, say, say_json, say_table, t
from bangfu.cli.edge import day_of, register_key, today
from bangfu.cli.integrity import (
    CompleteOn,
    DryRun,
    Out,
    WhatFor,
    appended,
    drawn_batch,
    own_batches,
    record_look,
    say_where,
    say_written,
)
from bangfu.cli.registers import RegisterFolder
from bangfu.cli.runs import AsJson
from bangfu.core.errors import Problem, WorkbookError
from bangfu.core.integrity import Completion, record_facts
from bangfu.core.linkage import (
    Comparison,
    compare_people,
    differences_as_facts,
    people_of_list,
    people_of_register,
    side_by_side,
)
from bangfu.core.messages import N_, Message, translate
from bangfu.core.register import State, open_register
from bangfu.core.sheets.people_lists import read_people
from bangfu.core.sheets.results import masked
from bangfu.core.sheets.writing import SheetColumn, Value, open_book
from bangfu.core.vocabulary import ColumnType, Sensitivity, Vocabulary

SOURCE = "bangfu reconcile"
# What a list is → the kind of discrepancy, and whether it names whole households.
KINDS: Mapping[str, tuple[str, bool]] = {
    N_("户口本"): ("residence_booklet", True),
    N_("系统"): ("system_ledger", True),
    N_("台账"): ("ledger_field", True),
    N_("手册"): ("handbook", True),
    N_("行业名单"): ("sector_list", False),
}
_WHAT = {
    "value": N_("不一致"),
    "not_in_list": N_("{source}中没有此人"),
    "not_in_register": N_("登记库中没有此人"),
    "doubtful": N_("可能是同一人，请人工核对"),
}
_HOW = {"id_number": N_("证件号码"), "likeness": N_("姓名等信息")}


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(
        help=t(N_("把登记库同户口本、系统、行业名单逐人比对，记为数据差异。")),
        epilog=t(N_("示例：bangfu reconcile 登记库 户口本.xlsx 低保.xlsx --kind 户口本 --kind 行业名单")),
    )(reconcile)


def reconcile(
    register: RegisterFolder,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help=t(N_("按人列的名单：xlsx、xls 或 csv。")))
    ],
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help=t(N_("每个名单是什么，按顺序写：{kinds}。"), kinds=list(KINDS))),
    ] = None,
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help=t(N_("比对日期；不写为今天。")))] = "",
    complete_on: CompleteOn = "",
    out: Out = None,
    purpose: WhatFor = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Match by ID number, else by name and the rest; differences by key into the register."""
    kinds = _kinds(files, kind or [])
    library = open_register(register, register_key())
    day = day_of(as_of) or today()
    complete_day = day_of(complete_on)
    state, vocabulary = library.state(), library.vocabulary
    compared: dict[str, Comparison] = {}
    with progress(t(N_("比对"))) as step:
        ours = people_of_register(state, vocabulary)
        for done, (file, name) in enumerate(zip(files, kinds, strict=True)):
            step(file.name, done, len(files))
            theirs = people_of_list(read_people(file, vocabulary, today()), ours)
            code, lists_households = KINDS[name]
            title = name if kinds.count(name) == 1 else f"{name} {file.stem}"
            compared[title] = compare_people(ours, theirs, vocabulary, code, lists_households)
    facts = pl.concat(
        [
            differences_as_facts(c.differences, KINDS[k][0])
            for k, c in zip(kinds, compared.values(), strict=True)
        ]
    )
    changes = record_facts(
        state, vocabulary, facts, pl.concat([c.judged for c in compared.values()]),
        drawn_batch(SOURCE, day, state), own_batches(library, SOURCE), _completion(compared, complete_day),
    )  # fmt: skip
    if out is not None:
        everything = pl.concat([c.differences for c in compared.values()])
        record_look(library, "reconcile", purpose, everything)
        _write(out, compared, state, vocabulary)
    seq = None if dry_run else appended(library, changes)
    rows = [_count(name, comparison) for name, comparison in compared.items()]
    if as_json:
        say_json({"batch": seq, "sources": rows})
        return
    heads = (
        N_("名单"),
        N_("按证件号码对上"),
        N_("按姓名等对上"),
        N_("要人工核对"),
        N_("不一致"),
        N_("名单里没有"),
        N_("登记库没有"),
    )
    say_table([t(head) for head in heads], [tuple(row.values()) for row in rows], numeric=range(1, 7))
    say_written(seq, dry_run, out)
    if any(row[what] for row in rows for what in ("doubtful", *_WHAT)):
        say_where(out)
    if any(comparison.counts["doubtful"] for comparison in compared.values()):
        say(t(N_("! 有人对不准是不是同一人：没有替您猜，请在工作簿里逐个核对。")))


def _kinds(files: list[Path], given: list[str]) -> list[str]:
    """What each list is. Raises WorkbookError where it is not said, or not known."""
    named = {translate(name): name for name in KINDS} | {name: name for name in KINDS}
    named |= {code: name for name, (code, _) in KINDS.items()}
    unknown = [name for name in given if name not in named]
    if unknown or len(given) != len(files):
        message = Message(
            N_("没有说清每个名单是什么：{count} 个文件，写了 {given} 个 --kind"),
            {"count": len(files), "given": len(given)},
        )
        if unknown:
            message = Message(N_("没有这种名单：{names}"), {"names": unknown})
        remedy = Message(N_("请按文件的顺序写 --kind，可用：{kinds}。"), {"kinds": list(KINDS)})
        raise WorkbookError(Problem("reconcile.kind", message, "", remedy))
    return [named[name] for name in given]


def _completion(compared: Mapping[str, Comparison], complete_on: date | None) -> Completion | None:
    """Households that every list covers without a doubt."""
    if complete_on is None:
        return None
    covered = [set(c.households.to_list()) for c in compared.values()]
    return Completion(complete_on, pl.Series(sorted(set.intersection(*covered)), dtype=pl.Int64))


def _count(name: str, comparison: Comparison) -> dict[str, object]:
    by_kind = {what: (comparison.differences["kind"] == what).sum() for what in _WHAT}
    counts = comparison.counts
    return {
        "source": name, "by_id": counts["by_id"], "by_likeness": counts["by_likeness"],
        "doubtful": counts["doubtful"], "value": by_kind["value"], "not_in_list": by_kind["not_in_list"],
        "not_in_register": by_kind["not_in_register"],
    }  # fmt: skip


def _write(out: Path, compared: Mapping[str, Comparison], state: State, vocabulary: Vocabulary) -> None:
    titles = [N_("村"), N_("户编号"), N_("人口编号"), N_("差异"), N_("项目"), N_("登记库")]
    columns = [SheetColumn(t(title), 16) for title in titles]
    for name in compared:
        columns += [
            SheetColumn(name, 18),
            SheetColumn(t(N_("{name}：怎样对上"), name=name), 18),
            SheetColumn(t(N_("{name}：位置"), name=name), 20),
        ]
    with open_book(out) as book:
        book.add_table(t(N_("数据差异")), columns, _rows(compared, state, vocabulary), t(N_("数据比对差异")))


def _rows(
    compared: Mapping[str, Comparison], state: State, vocabulary: Vocabulary
) -> Iterator[tuple[Value, ...]]:
    tables = vocabulary.tables
    homes = state.rows(tables["household"]).select("household_id", "household_code")
    people = state.rows(tables["person"]).select("person_id", "person_code")
    villages = state.rows(tables["village"]).select("village_id", "division_name")
    told = side_by_side(compared).join(homes, on="household_id", how="left", maintain_order="left")
    told = told.join(villages, on="village_id", how="left", maintain_order="left")
    told = told.join(people, on="person_id", how="left", maintain_order="left")
    for row in told.iter_rows(named=True):
        sides: list[Value] = []
        for name in compared:
            how = row[f"{name} how"]
            matched = t(_HOW[how]) if how else None
            if row[f"{name} slip"] is not None:
                matched = t(N_("{how}，相差 {count} 字"), how=matched, count=row[f"{name} slip"])
            sides += [_shown(row["column"], row[name], vocabulary), matched, row[f"{name} place"]]
        what = t(_WHAT[row["kind"]], source=row["source"] or "")
        ours = _shown(row["column"], row["ours"], vocabulary)
        yield (
            row["division_name"],
            row["household_code"],
            row["person_code"],
            what,
            _label(row["column"], vocabulary),
            ours,
            *sides,
        )


def _label(column: str, vocabulary: Vocabulary) -> str:
    table = vocabulary.tables["household" if column == "household_code" else "person"]
    return table.columns[column].name


def _shown(column: str, text: str | None, vocabulary: Vocabulary) -> str | None:
    """A value as it may leave: what identifies or is sensitive is masked, codes are said in words."""
    declared = vocabulary.tables["person"].columns.get(column)
    if text is None or declared is None:
        return text
    if declared.sensitivity in (Sensitivity.IDENTITY, Sensitivity.SENSITIVE):
        return masked(text)
    if declared.type in (ColumnType.CODE, ColumnType.CODES):
        labels = vocabulary.code_list(declared).labels
        return t(N_("{values}"), values=[labels.get(code, code) for code in text.split(",")])
    if declared.type is ColumnType.BOOL:
        return t(N_("是")) if text == "true" else t(N_("否"))
    return text
