"""bangfu plan …: check, read, test and compare plan packs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bangfu.cli.console import progress, say, say_json, say_table, show_problems, t
from bangfu.cli.edge import day_of, today
from bangfu.core.calendars import load_calendar
from bangfu.core.engine.cases import CaseBench
from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.compiling import check_plan
from bangfu.core.plans.coverage import citations
from bangfu.core.plans.diff import diff_packs
from bangfu.core.plans.emit import yaml_texts
from bangfu.core.plans.from_workbook import from_workbook
from bangfu.core.plans.json_schema import schema_texts
from bangfu.core.plans.load import load_pack, read_pack
from bangfu.core.plans.new import new_pack
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Plan
from bangfu.core.plans.to_workbook import to_workbook
from bangfu.core.vocabulary import load_vocabulary

app = typer.Typer(no_args_is_help=True, help=t(N_("检查、阅读、测试和比较工作方案。")), rich_markup_mode=None)

PlanName = Annotated[
    str, typer.Argument(metavar="PLAN", help=t(N_("方案文件夹，或自带方案的名称，如 s4_nanhuzhou。")))
]
OnDay = Annotated[
    str, typer.Option("--on", metavar="DATE", help=t(N_("按哪一天的参数，如 2018-12-31；不写为今天。")))
]
AsJson = Annotated[bool, typer.Option("--json", help=t(N_("以 JSON 输出。")))]


def open_plan(name: str, on: str = "") -> tuple[Pack, Plan]:
    """The pack and the plan as it stood on a day. Raises PlanError with every mistake."""
    day = day_of(on) or today()
    vocabulary = load_vocabulary()
    reading = read_pack(Path(name) if Path(name).is_dir() else name, vocabulary)
    return check_plan(reading, day, vocabulary)


@app.command(help=t(N_("检查方案，一次列出全部错误。")), epilog=t(N_("示例：bangfu plan check s4_nanhuzhou")))
def check(plan: PlanName, on: OnDay = "") -> None:
    """Load and compile; lints are shown, they do not fail."""
    pack, compiled = open_plan(plan, on)
    for lint in compiled.lints:
        say(f"! {lint.render()}")
    empty = [entry for entry in pack.content.placeholders if len(entry.filled) < (entry.slots or 0)]
    for entry in empty:
        say(
            t(
                N_("○ {name}：有 {count} 项待填，填好之前不作结论。"),
                name=entry.name,
                count=(entry.slots or 0) - len(entry.filled),
            )
        )
    say(
        t(
            N_("✓ {title} {version}：{criteria} 条标准、{measures} 个指标、{cases} 个案例，没有错误。"),
            title=pack.head.title,
            version=pack.head.version,
            criteria=len(compiled.criteria),
            measures=len(pack.measures),
            cases=len(pack.cases),
        )
    )


@app.command(
    help=t(N_("用文字列出方案的标准、来源和责任人。")),
    epilog=t(N_("示例：bangfu plan show s0_lvchun --on 2024-07-01")),
)
def show(plan: PlanName, on: OnDay = "", as_json: AsJson = False) -> None:
    """The criteria, a row each."""
    pack, compiled = open_plan(plan, on)
    if as_json:
        say_json([
            {"id": c.id, "name": c.name, "subject": c.subject, "per": c.per, "source": c.source, "remedy": c.remedy,
             "responsible": [pack.roles.get(r, r) for r in c.responsible]}
            for c in compiled.criteria
        ])  # fmt: skip
        return
    vocabulary = compiled.vocabulary
    say(f"{pack.head.title}　{pack.head.issuer}")
    rows = [
        (c.id, vocabulary.tables[c.subject].name, PERIOD_NAMES[c.per], c.name,
         "、".join(pack.roles.get(r, r) for r in c.responsible), c.source)
        for c in compiled.criteria
    ]  # fmt: skip
    headers = [t(N_("编号")), t(N_("对象")), t(N_("周期")), t(N_("标准")), t(N_("责任")), t(N_("来源"))]
    say_table(headers, rows)


PERIOD_NAMES = {
    "once": t(N_("随时")),
    "day": t(N_("每日")),
    "week": t(N_("每周")),
    "month": t(N_("每月")),
    "quarter": t(N_("每季")),
    "half_year": t(N_("每半年")),
    "year": t(N_("每年")),
    "two_years": t(N_("每两年")),
    "stage": t(N_("每阶段")),
    "campaign": t(N_("全程")),
    "term": t(N_("每任期")),
}


@app.command(help=t(N_("运行方案的全部案例。")), epilog=t(N_("示例：bangfu plan test s4_nanhuzhou")))
def test(plan: PlanName) -> None:
    """Every case through the reference evaluator and DuckDB."""
    pack, _ = open_plan(plan)
    bench = CaseBench(pack, load_vocabulary(), load_calendar())
    failures: list[Problem] = []
    with progress(t(N_("运行案例"))) as step:
        for done, result in enumerate(bench.run(), 1):
            step(result.case.name, done, len(pack.cases))
            failures += result.problems
    if failures:
        raise PlanError(failures)
    say(t(N_("✓ {count} 个案例全部符合预期。"), count=len(pack.cases)))


@app.command(help=t(N_("比较两个方案。")), epilog=t(N_("示例：bangfu plan diff 旧方案 新方案")))
def diff(old: PlanName, new: PlanName) -> None:
    """What was added, removed, changed."""
    changes = diff_packs(*(load_pack(Path(name) if Path(name).is_dir() else name) for name in (old, new)))
    for change in changes:
        for line in change.lines():
            say(line)
    if not changes:
        say(t(N_("两个方案没有差别。")))


@app.command(
    help=t(N_("列出方案引用了文件的哪些条目。")), epilog=t(N_("示例：bangfu plan coverage s4_nanhuzhou"))
)
def coverage(plan: PlanName, as_json: AsJson = False) -> None:
    """Which element of the document is cited where."""
    pack = load_pack(Path(plan) if Path(plan).is_dir() else plan)
    found = citations(pack)
    if as_json:
        say_json([vars(citation) for citation in found])
        return
    by_element: dict[str, list[str]] = {}
    upon: dict[str, list[str]] = {}
    for citation in found:
        by_element.setdefault(citation.requirement, []).append(citation.where)
        if citation.upon:
            upon.setdefault(citation.requirement, []).append(citation.upon)
    ordered = sorted(by_element, key=lambda element: (element.split("-")[0], int(element.split("-")[1])))
    say_table(
        [t(N_("条目")), t(N_("位置")), t(N_("由人提出的情形（没有可核查的记录）"))],
        [(element, "、".join(by_element[element]), "；".join(upon.get(element, ()))) for element in ordered],
    )
    say(t(N_("共引用 {count} 个条目。"), count=len(by_element)))


@app.command(
    help=t(N_("写出方案文件的 JSON Schema，供编辑器检查。")), epilog=t(N_("示例：bangfu plan schema 文件夹"))
)
def schema(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=t(N_("写到哪个文件夹。")))]) -> None:
    """One file of JSON Schema per part."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_texts().items():
        (folder / name).write_text(text, encoding="utf-8")
    say(t(N_("✓ 已写到 {folder}。"), folder=str(folder)))


@app.command(
    help=t(N_("方案文件夹与工作簿互相转换，内容不变。")),
    epilog=t(N_("示例：bangfu plan convert s4_nanhuzhou 方案.xlsx；bangfu plan convert 方案.xlsx 新文件夹")),
)
def convert(
    source: PlanName,
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help=t(N_("写成 .xlsx 工作簿，或写到一个新文件夹。")))
    ],
) -> None:
    """From a workbook to a folder, or from a folder or packaged plan to a workbook."""
    if Path(source).suffix == ".xlsx":
        pack = from_workbook(Path(source))
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            problem = Problem("plan.exists", Message(N_("这里已有内容，不能写入方案")), str(target))
            raise PlanError(problem)
        for name, text in yaml_texts(pack.own).items():
            file = target / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    else:
        pack = load_pack(Path(source) if Path(source).is_dir() else source)
        target.write_bytes(to_workbook(pack.own))
    say(t(N_("✓ 已写到 {folder}。"), folder=str(target)))


@app.command(help=t(N_("新建一个可以直接运行的方案样板。")), epilog=t(N_("示例：bangfu plan new 我的方案")))
def new(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=t(N_("新文件夹。")))]) -> None:
    """A small pack that checks and tests clean, to start from."""
    new_pack(folder)
    show_problems([])
    say(t(N_("✓ 已新建 {folder}。接着运行：bangfu plan check {folder}"), folder=str(folder)))
