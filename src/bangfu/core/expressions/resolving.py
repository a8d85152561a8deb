"""From syntax to meaning: every name looked up, every kind and unit checked, the rest refused."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from bangfu.core.errors import Problem
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.kinds import Kind, kind_of, product_unit, quotient_unit, shared_unit
from bangfu.core.expressions.syntax import ExpressionError, parse_syntax
from bangfu.core.messages import N_, Message
from bangfu.core.vocabulary import Column, ColumnType, Empty, Relation, Table, Vocabulary

_COMPARISONS: Mapping[type[exp.Expression], n.CompareOp] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
_ARITHMETIC: Mapping[type[exp.Expression], n.ArithmeticOp] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/",
}  # fmt: skip
_PERIOD_NAMES: Mapping[str, n.PeriodValue] = {
    alias: n.PeriodValue(name)
    for name, alias_list in (
        ("period_start", ("period_start", "期初")),
        ("period_end", ("period_end", "期末")),
        ("as_of", ("as_of", "截至日")),
        ("period_days", ("period_days", "本期天数")),
        ("period_workdays", ("period_workdays", "本期工作日数")),
    )
    for alias in alias_list
}  # type: ignore[arg-type]


@dataclass(frozen=True)
class Scope:
    """What an expression may speak of: the row's table, the plan's parameters, measures and criteria.

    `measure` and `criterion` resolve a name for a table, or return None where the plan has no such name.
    """

    vocabulary: Vocabulary
    table: Table
    parameters: Mapping[str, n.Constant] = field(default_factory=dict)
    measure: Callable[[str, Table], n.Named | None] = lambda name, table: None
    criterion: Callable[[str, Table], n.Verdict | None] = lambda name, table: None
    known_names: Callable[[Table], list[str]] = lambda table: []


def parse_truth(text: str, scope: Scope) -> n.Truth:
    """A condition. Raises ExpressionError."""
    return _Resolver(scope).truth(parse_syntax(text))


def parse_scalar(text: str, scope: Scope) -> n.Scalar:
    """A number, date or text. Raises ExpressionError."""
    return _Resolver(scope).scalar(parse_syntax(text))


def refuse(code: str, template: str, remedy: str = "", **values: object) -> ExpressionError:
    """An ExpressionError of this language."""
    return ExpressionError(
        Problem(
            f"expression.{code}",
            Message(template, values),
            remedy=Message(remedy, values) if remedy else None,
        )
    )


class _Resolver:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    # --- truths ---------------------------------------------------------------------------------------

    def truth(self, tree: exp.Expression) -> n.Truth:  # noqa: C901 - one branch a production
        match tree:
            case exp.Paren():
                return self.truth(tree.this)
            case exp.And() | exp.Or():
                items = tuple(self.truth(item) for item in tree.flatten())
                return n.All(items) if isinstance(tree, exp.And) else n.Any(items)
            case exp.Not():
                return n.Not(self.truth(tree.this))
            case exp.Boolean():
                return n.Literally(tree.this)
            case exp.Between():
                return self._between(tree)
            case exp.In():
                return self._among(tree)
            case exp.Is():
                return self._is(tree)
            case exp.Anonymous():
                return self._truth_call(tree)
            case exp.Column():
                return self._flag(tree)
        if type(tree) in _COMPARISONS:
            return self._comparison(_COMPARISONS[type(tree)], tree.this, tree.expression)
        raise refuse(
            "not_a_condition",
            N_("“{text}”不是判断条件。"),
            N_("条件由比较（= <> < <= > >=）、AND、OR、NOT、IN、BETWEEN、IS NULL 和 has、no、every 组成。"),
            text=tree.sql(),
        )

    def _between(self, tree: exp.Between) -> n.Truth:
        low = self._comparison(">=", tree.this, tree.args["low"])
        return n.All((low, self._comparison("<=", tree.this, tree.args["high"])))

    def _comparison(self, op: n.CompareOp, left: exp.Expression, right: exp.Expression) -> n.Truth:
        for side, other in ((left, right), (right, left)):
            if isinstance(other, exp.Boolean) and op in ("=", "<>"):
                flag = self.truth(side)
                return flag if other.this is (op == "=") else n.Not(flag)
        a, b = self.scalar(left), self.scalar(right)
        a, b = self._coerce(a, kind_of(b)), self._coerce(b, kind_of(a))
        self._check_comparable(op, a, b)
        return n.Comparison(op, a, b)

    def _check_comparable(self, op: n.CompareOp, a: n.Scalar, b: n.Scalar) -> None:
        left, right = kind_of(a), kind_of(b)
        if (left.name, left.detail) != (right.name, right.detail):
            raise refuse(
                "kinds", N_("{left}与{right}不能比较。"), left=_kind_name(left), right=_kind_name(right)
            )
        if left.name in ("bool", "codes") or (left.name in ("text", "code") and op not in ("=", "<>")):
            raise refuse(
                "order",
                N_("{kind}不能用 {op} 比较。"),
                N_("文字和代码只能用 = 或 <>；多选代码请用 includes(列, '值')。"),
                kind=_kind_name(left),
                op=op,
            )
        if not shared_unit([left, right])[1]:
            raise refuse(
                "units", N_("计量单位不同：{left} 与 {right}。"), left=left.unit or "", right=right.unit or ""
            )

    def _coerce(self, node: n.Scalar, wanted: Kind) -> n.Scalar:
        """Text written in the plan becomes the date or code that the other side asks for."""
        if not isinstance(node, n.Constant) or node.kind != "text" or node.parameter:
            return node
        if wanted.name == "date":
            return n.Constant(_date(str(node.value)), "date")
        if wanted.name in ("code", "codes"):
            return n.Constant(self._code(str(node.value), wanted.detail), "code", codes=wanted.detail)
        return node

    def _code(self, text: str, list_id: str) -> str:
        codes = self.scope.vocabulary.codes[list_id]
        code = codes.code_of(text)
        if code is None:
            raise refuse(
                "code",
                N_("“{text}”不在代码表“{name}”中。"),
                N_("可用的值：{values}。"),
                text=text,
                name=codes.name,
                values=list(codes.labels.values()),
            )
        return code

    def _among(self, tree: exp.In) -> n.Truth:
        value = self.scalar(tree.this)
        options: list[n.Constant] = []
        for item in tree.expressions:
            option = self._coerce(self.scalar(item), kind_of(value))
            if not isinstance(option, n.Constant):
                raise refuse("in", N_("IN 后面只能列出固定的值：{text}"), text=tree.sql())
            self._check_comparable("=", value, option)
            options.append(option)
        if not options:
            raise refuse("in", N_("IN 后面只能列出固定的值：{text}"), text=tree.sql())
        return n.Among(value, tuple(options))

    def _is(self, tree: exp.Is) -> n.Truth:
        if isinstance(tree.expression, exp.Boolean):
            return self._comparison("=", tree.this, tree.expression)
        value = self._column(tree.this)
        if value.column.empty is not Empty.NOT_APPLICABLE:
            raise refuse(
                "is_null",
                N_("“{name}”为空表示不清楚，不能用 IS NULL 判断。"),
                N_("要问是否已登记，请用 recorded({id})。"),
                name=value.column.name,
                id=value.column.id,
            )
        return n.NotApplicable(value)

    def _flag(self, tree: exp.Expression) -> n.Truth:
        value = self._named_scalar(tree)
        if isinstance(value, n.ColumnValue) and value.column.type is ColumnType.BOOL:
            return n.Flag(value)
        raise refuse(
            "not_a_flag",
            N_("“{text}”不是“是/否”列，不能单独作为条件。"),
            N_("请写成比较，例如 {text} >= 1。"),
            text=tree.sql(),
        )

    def _truth_call(self, tree: exp.Anonymous) -> n.Truth:
        name, args = tree.name.lower(), tree.expressions
        if name in ("has", "no", "every"):
            _check_count(tree, (1, 2) if name != "every" else (2,))
            return n.Quantifier(name, self._rows(args[0], args[1] if len(args) == 2 else None))  # type: ignore[arg-type]
        if name == "verdict":
            _check_count(tree, (1,))
            verdict = self.scope.criterion(args[0].name, self.scope.table)
            if verdict is None:
                raise refuse(
                    "verdict",
                    N_("方案中没有针对“{table}”的标准“{id}”。"),
                    id=args[0].name,
                    table=self.scope.table.name,
                )
            return verdict
        if name == "recorded":
            _check_count(tree, (1,))
            return n.Recorded(self._column(args[0]))
        if name == "includes":
            _check_count(tree, (2,))
            value = self._column(args[0])
            if value.column.type is not ColumnType.CODES:
                raise refuse(
                    "includes", N_("includes 只用于多选代码列，“{name}”不是。"), name=value.column.name
                )
            return n.Includes(value, self._code(args[1].name, value.column.codes or ""))
        raise _unknown_function(tree)

    # --- scalars --------------------------------------------------------------------------------------

    def scalar(self, tree: exp.Expression) -> n.Scalar:
        match tree:
            case exp.Paren():
                return self.scalar(tree.this)
            case exp.Literal():
                return self._literal(tree)
            case exp.Neg():
                return self._arithmetic("-", n.Constant(Decimal(0), "number"), self.number(tree.this))
            case exp.Cast():
                return self._date_literal(tree)
            case exp.Case():
                return self._choice(tree)
            case exp.Column():
                return self._named_scalar(tree)
            case exp.Anonymous():
                return self._scalar_call(tree)
        if type(tree) in _ARITHMETIC:
            return self._arithmetic(
                _ARITHMETIC[type(tree)], self.number(tree.this), self.number(tree.expression)
            )
        raise refuse("not_a_value", N_("“{text}”不是数、日期或文字。"), text=tree.sql())

    def number(self, tree: exp.Expression) -> n.Scalar:
        node = self.scalar(tree)
        kind = kind_of(node)
        if kind.name != "number":
            raise refuse(
                "not_a_number", N_("“{text}”是{kind}，这里要用数。"), text=tree.sql(), kind=_kind_name(kind)
            )
        if may_not_apply(node):
            raise refuse(
                "not_applicable",
                N_("“{text}”可能不适用，不能直接参加计算。"),
                N_("请写 coalesce({text}, 0)，或直接比较。"),
                text=tree.sql(),
            )
        return node

    def _undivided(self, tree: exp.Expression) -> n.Scalar:
        """A number that is not a quotient: quotients stay ratios until they are compared."""
        node = self.number(tree)
        if is_quotient(node):
            raise refuse(
                "quotient",
                N_("这里不能用商：{text}"),
                N_("商只能直接比较，例如 a / b >= 0.95；请把除法移到比较里。"),
                text=tree.sql(),
            )
        return node

    def _literal(self, tree: exp.Literal) -> n.Constant:
        if tree.is_string:
            return n.Constant(tree.name, "text")
        try:
            return n.Constant(Decimal(tree.name), "number")
        except InvalidOperation as error:  # pragma: no cover - sqlglot's tokenizer yields digits only
            raise refuse("number", N_("“{text}”不是数。"), text=tree.name) from error

    def _date_literal(self, tree: exp.Cast) -> n.Constant:
        literal = tree.this
        if tree.to.this is not exp.DataType.Type.DATE or not isinstance(literal, exp.Literal):
            raise refuse(
                "cast", N_("不能转换类型：{text}"), N_("日期请写 DATE '2020-06-30'。"), text=tree.sql()
            )
        return n.Constant(_date(literal.name), "date")

    def _arithmetic(self, op: n.ArithmeticOp, left: n.Scalar, right: n.Scalar) -> n.Scalar:
        a, b = kind_of(left).unit, kind_of(right).unit
        if op == "*":
            return n.Arithmetic(op, left, right, product_unit(a, b))
        if op == "/":
            return n.Arithmetic(op, left, right, quotient_unit(a, b))
        return n.Arithmetic(op, left, right, self._one_unit([left, right]))

    def _one_unit(self, items: list[n.Scalar]) -> str | None:
        unit, agree = shared_unit([kind_of(item) for item in items])
        if not agree:
            units = sorted({kind_of(item).unit or "" for item in items} - {""})
            raise refuse("units", N_("计量单位不同：{left} 与 {right}。"), left=units[0], right=units[1])
        return unit

    def _choice(self, tree: exp.Case) -> n.Scalar:
        if tree.this is not None or tree.args.get("default") is None:
            raise refuse("case", N_("CASE 要写成 CASE WHEN 条件 THEN 值 … ELSE 值 END。"))
        branches = tuple((self.truth(i.this), self._undivided(i.args["true"])) for i in tree.args["ifs"])
        otherwise = self._undivided(tree.args["default"])
        return n.Choice(branches, otherwise, self._one_unit([value for _, value in branches] + [otherwise]))

    def _scalar_call(self, tree: exp.Anonymous) -> n.Scalar:
        name, args = tree.name.lower(), tree.expressions
        match name:
            case "least" | "greatest":
                if len(args) < 2:
                    _check_count(tree, (2,))
                items = tuple(self._undivided(arg) for arg in args)
                return n.Extreme(name, items, self._one_unit(list(items)))
            case "count":
                _check_count(tree, (1, 2))
                return n.Count(self._rows(args[0], args[1] if len(args) == 2 else None))
            case "total":
                _check_count(tree, (2, 3))
                rows = self._rows(args[0], args[2] if len(args) == 3 else None)
                amount = self.inside(rows.relation)._undivided(args[1])
                return n.Total(rows, amount, kind_of(amount).unit)
            case "share":
                _check_count(tree, (3,))
                rows = self._rows(args[0], None)
                inner = self.inside(rows.relation)
                return n.Share(rows, inner.truth(args[1]), inner.truth(args[2]))
            case "coalesce":
                return self._or_else(tree)
            case "age":
                _check_count(tree, (1,))
                return n.Elapsed("years", self._date_value(args[0]), n.PeriodValue("period_end"))
            case "years_between" | "months_between" | "days_between":
                _check_count(tree, (2,))
                unit = name.removesuffix("_between")
                return n.Elapsed(unit, self._date_value(args[0]), self._date_value(args[1]))  # type: ignore[arg-type]
            case "year" | "month" | "day":
                _check_count(tree, (1,))
                return n.DatePart(name, self._date_value(args[0]))
        raise _unknown_function(tree)

    def _or_else(self, tree: exp.Anonymous) -> n.Scalar:
        _check_count(tree, (2,))
        column, default = self._column(tree.expressions[0]), self.scalar(tree.expressions[1])
        is_number = kind_of(column).name == "number" and isinstance(default, n.Constant)
        if not is_number or column.column.empty is not Empty.NOT_APPLICABLE:
            raise refuse(
                "coalesce",
                N_("coalesce 只用于为空表示不适用的数字列，并给出一个固定的数：{text}"),
                N_("不清楚的值不能用别的值代替。"),
                text=tree.sql(),
            )
        return n.OrElse(column, default)  # type: ignore[arg-type]

    def _date_value(self, tree: exp.Expression) -> n.Scalar:
        node = self._coerce(self.scalar(tree), Kind("date"))
        if kind_of(node).name != "date":
            raise refuse(
                "not_a_date",
                N_("“{text}”是{kind}，这里要用日期。"),
                text=tree.sql(),
                kind=_kind_name(kind_of(node)),
            )
        return node

    # --- names ----------------------------------------------------------------------------------------

    def _column(self, tree: exp.Expression) -> n.ColumnValue:
        node = self._named_scalar(tree) if isinstance(tree, exp.Column) else None
        if isinstance(node, n.ColumnValue):
            return node
        raise refuse(
            "not_a_column", N_("“{text}”不是“{table}”的列。"), text=tree.sql(), table=self.scope.table.name
        )

    def _named_scalar(self, tree: exp.Expression) -> n.Scalar:
        name = tree.name
        if isinstance(tree, exp.Column) and tree.table:
            raise refuse("dotted", N_("名称中不能有点：{text}"), text=tree.sql())
        column = find_column(self.scope.table, name)
        if column is not None:
            if not column.in_snapshot:
                raise refuse(
                    "identity",
                    N_("“{name}”是身份信息，不进入核查。"),
                    N_("请改用不识别个人的列。"),
                    name=column.name,
                )
            return n.ColumnValue(self.scope.table.id, column)
        found = (
            self.scope.measure(name, self.scope.table)
            or self.scope.parameters.get(name)
            or _PERIOD_NAMES.get(name)
        )
        if found is None:
            raise self._unknown_name(name)
        return found

    def _unknown_name(self, name: str) -> ExpressionError:
        table = self.scope.table
        known = [c.id for c in table.columns.values()] + [c.name for c in table.columns.values()]
        known += [*self.scope.parameters, *_PERIOD_NAMES, *self.scope.known_names(table)]
        near = difflib.get_close_matches(name, known, 3, 0.5)
        return refuse(
            "unknown_name",
            N_("“{table}”没有名为“{name}”的列、指标或参数。"),
            N_("是不是要写：{near}？") if near else N_("请对照词汇表检查名称。"),
            table=table.name,
            name=name,
            near=near,
        )

    def _rows(self, tree: exp.Expression, where: exp.Expression | None) -> n.Rows:
        relation = find_relation(self.scope, tree.name)
        rows = n.Rows(relation)
        return replace(rows, where=self.inside(relation).truth(where)) if where is not None else rows

    def inside(self, relation: Relation) -> _Resolver:
        """The same scope on the related rows."""
        return _Resolver(replace(self.scope, table=relation.table))


def is_quotient(node: n.Scalar) -> bool:
    """Whether a number is a ratio of two others."""
    match node:
        case n.Share():
            return True
        case n.Named(value=value):
            return is_quotient(value)
        case n.Arithmetic(op=op, left=left, right=right):
            return op == "/" or is_quotient(left) or is_quotient(right)
    return False


def may_not_apply(node: n.Scalar) -> bool:
    """Whether a value may be absent because it does not apply."""
    match node:
        case n.ColumnValue(column=column):
            return column.empty is Empty.NOT_APPLICABLE
        case n.Named(value=value) | n.DatePart(of=value):
            return may_not_apply(value)
        case n.Elapsed(start=start, end=end):
            return may_not_apply(start) or may_not_apply(end)
    return False


def find_column(table: Table, name: str) -> Column | None:
    """The column whose identifier, Chinese name or alias is `name`."""
    if name in table.columns:
        return table.columns[name]
    return next((c for c in table.columns.values() if name == c.name or name in c.aliases), None)


def find_relation(scope: Scope, name: str) -> Relation:
    """The list called `name` of the scope's table. Raises ExpressionError with a suggestion."""
    relation = scope.vocabulary.relation(scope.table.id, name)
    if relation is None:
        known = [t for t in scope.vocabulary.tables if scope.vocabulary.relation(scope.table.id, t)]
        near = difflib.get_close_matches(name, known, 3, 0.5) or known[:8]
        raise refuse(
            "unknown_list",
            N_("“{table}”没有名为“{name}”的明细表。"),
            N_("可用的有：{near}。"),
            table=scope.table.name,
            name=name,
            near=near,
        )
    return relation


def _unknown_function(tree: exp.Anonymous) -> ExpressionError:
    known = ["has", "no", "every", "verdict", "recorded", "includes", "least", "greatest", "count", "total"]
    known += ["share", "coalesce", "age", "years_between", "months_between", "days_between"]
    near = difflib.get_close_matches(tree.name.lower(), [*known, "year", "month", "day"], 2, 0.5)
    return refuse(
        "unknown_function",
        N_("这里不能用函数“{name}”。"),
        N_("是不是要写：{near}？") if near else N_("可用的函数：{known}。"),
        name=tree.name,
        near=near,
        known=[*known, "year", "month", "day"],
    )


def _check_count(tree: exp.Anonymous, allowed: tuple[int, ...]) -> None:
    if len(tree.expressions) not in allowed:
        raise refuse(
            "arguments",
            N_("函数 {name} 要有 {wanted} 个参数，写了 {given} 个。"),
            name=tree.name,
            wanted=" / ".join(str(count) for count in allowed),
            given=len(tree.expressions),
        )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise refuse("date", N_("“{text}”不是日期。"), N_("请写成 2020-06-30。"), text=text) from error


_KIND_NAMES = {
    "number": N_("数"),
    "date": N_("日期"),
    "text": N_("文字"),
    "bool": N_("是/否"),
    "code": N_("代码"),
    "codes": N_("多选代码"),
}


def _kind_name(kind: Kind) -> Message:
    return Message(_KIND_NAMES[kind.name])
