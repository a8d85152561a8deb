"""What must hold in a pack beyond its shape: income codes, names that mean one thing, cases' columns."""

from __future__ import annotations

from collections.abc import Iterator

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.income import NAMES
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.problems import suggestion
from bangfu.core.plans.schema import Income
from bangfu.core.plans.stated import stated_in
from bangfu.core.vocabulary import Table, Vocabulary

RESULT_KEYS = ("subject_id", "period", "division")  # columns of a run that are no criteria


def content_problems(pack: Pack, vocabulary: Vocabulary) -> list[Problem]:
    """Every breach, with file and line."""
    return [
        *_income(pack, vocabulary),
        *_same_names(pack),
        *_same_columns(pack),
        *_cases(pack, vocabulary),
        *_named_columns(pack, vocabulary),
    ]


def _income(pack: Pack, vocabulary: Vocabulary) -> Iterator[Problem]:
    income = pack.content.income
    if income is None:
        return
    yield from _income_codes(pack, income, vocabulary)
    for code in (code for code in income.costs.ratios if code not in income.items.counted):
        message = Message(N_("成本比例写了 {code}，但它不是计入的收入类别。"), {"code": code})
        where = pack.where_path("income", "", ("costs", "ratios", code))
        yield Problem("plan.ratio_not_counted", message, where, suggestion(code, income.items.counted))
    if income.window != "calendar_year":
        message = Message(N_("收入按年登记，还不能按近十二个月核算。"))
        remedy = Message(N_("请写 window: calendar_year，并在 note 中注明方案要的是近十二个月。"))
        yield Problem("plan.income_window", message, pack.where_path("income", "", ("window",)), remedy)
    for name in NAMES:
        if name in pack.content.measures:
            message = Message(N_("{name} 由收入口径生成，不能再写。"), {"name": name})
            yield Problem("plan.income_measure", message, pack.where("measures", name))


def _income_codes(pack: Pack, income: Income, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Each code of the list is either counted or never counted."""
    labels = vocabulary.code_list(vocabulary.tables["income_item"].columns["source"]).labels
    said: set[str] = set()
    for field in ("counted", "never"):
        for index, code in enumerate(getattr(income.items, field)):
            where = pack.where_path("income", "", ("items", field, index))
            if code not in labels:
                message = Message(N_("没有这个收入类别：{code}。"), {"code": code})
                yield Problem("plan.unknown_code", message, where, suggestion(code, labels))
            if code in said:
                message = Message(N_("收入类别 {code} 写了两次。"), {"code": code})
                yield Problem("plan.income_code_twice", message, where)
            said.add(code)
    where = pack.where_path("income", "", ("items",))
    for code in (code for code in labels if code not in said):
        values = {"code": code, "label": labels[code]}
        message = Message(N_("收入类别 {code}（{label}）没有写算不算收入。"), values)
        remedy = Message(N_("请写进 counted（计入）或 never（不计）。"))
        yield Problem("plan.income_code_missing", message, where, remedy)


def _same_names(pack: Pack) -> Iterator[Problem]:
    """A Chinese name means one parameter, or one measure of a subject: expressions may use it."""
    seen: dict[tuple[str, str], str] = {}
    parameters = {parameter.name: key for key, parameter in pack.parameters.items()}
    for key, parameter in pack.parameters.items():
        if parameters[parameter.name] != key:
            yield _same_name(pack, "parameters", key, parameter.name, parameters[parameter.name])
    for key, measure in pack.measures.items():
        other = parameters.get(measure.name) or seen.get((measure.subject, measure.name))
        if key in pack.parameters:
            yield _same_name(pack, "measures", key, key, key)
        elif other is not None:
            yield _same_name(pack, "measures", key, measure.name, other)
        seen[measure.subject, measure.name] = key


def _same_columns(pack: Pack) -> Iterator[Problem]:
    """Criteria are columns of a run, beside those that say who and when; capitals do not tell columns apart."""
    seen = {name: name for name in RESULT_KEYS}
    for criterion in pack.criteria:
        other = seen.setdefault(criterion.id.lower(), criterion.id)
        if other != criterion.id or criterion.id in RESULT_KEYS:
            message = Message(
                N_("编号 {id} 与 {other} 在核查结果中分不清。"), {"id": criterion.id, "other": other}
            )
            remedy = Message(
                N_("请换一个编号：不能只差大小写，也不能是 {names}。"), {"names": list(RESULT_KEYS)}
            )
            yield Problem("plan.same_column", message, pack.where("criteria", criterion.id, "id"), remedy)


def _same_name(pack: Pack, address: str, key: str, name: str, other: str) -> Problem:
    message = Message(N_("名称“{name}”已经用于 {other}。"), {"name": name, "other": other})
    remedy = Message(N_("参数和指标的名称要各不相同，公式里才分得清。"))
    return Problem("plan.same_name", message, pack.where(address, key, "name"), remedy)


def _cases(pack: Pack, vocabulary: Vocabulary) -> Iterator[Problem]:
    for case in pack.cases:
        for name, rows in case.given.items():
            table = vocabulary.tables.get(name)
            where = pack.where_path("cases", case.name, ("given", name))
            if table is None:
                message = Message(N_("没有这张表：{name}。"), {"name": name})
                yield Problem("plan.unknown_table", message, where, suggestion(name, vocabulary.tables))
                continue
            known = _columns(table)
            for column in dict.fromkeys(column for row in rows for column in row if column not in known):
                message = Message(N_("{table}没有列 {column}。"), {"table": table.name, "column": column})
                yield Problem("plan.unknown_column", message, where, suggestion(column, known))


def _named_columns(pack: Pack, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Columns of forms, lists and checklists: `name` of the entry's table, or `table.name`."""
    for stated in stated_in(pack):
        if stated.kind == "column":
            *above, name = stated.text.split(".")
            table = vocabulary.tables.get(above[0] if above else stated.about.table or "")
            if table is None or name not in _columns(table):
                values = {"table": table.name if table else "".join(above), "column": name}
                message = Message(N_("{table}没有列 {column}。"), values)
                where = pack.where_path(stated.address, stated.entry, stated.path)
                yield Problem(
                    "plan.unknown_column", message, where, suggestion(name, _columns(table) if table else ())
                )


def _columns(table: Table) -> set[str]:
    return {table.key, *table.link_columns, *table.columns}
