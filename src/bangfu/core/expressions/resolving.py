"""From syntax to meaning: every name looked up, every kind and unit checked, the rest refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlglot import exp

from bangfu.core.errors import Problem
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.functions import scalar_call, truth_call
from bangfu.core.expressions.kinds import (
    Kind,
    is_quotient,
    kind_of,
    may_not_apply,
    product_unit,
    quotient_unit,
    shared_unit,
)
from bangfu.core.expressions.names import Scope, find_relation, find_scalar
from bangfu.core.expressions.syntax import ExpressionError, parse_syntax, refuse
from bangfu.core.messages import N_, Message
from bangfu.core.vocabulary import ColumnType, Relation

_COMPARISONS: Mapping[type[exp.Expr], n.CompareOp] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
_ARITHMETIC: Mapping[type[exp.Expr], n.ArithmeticOp] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/",
}  # fmt: skip
MAX_DEPTH = 60  # as deep as engines nest without trouble
MAX_DIGITS = 15  # exact in every engine


def parse_truth(text: str, scope: Scope) -> n.Truth:
    """A condition. Raises ExpressionError."""
    return _Resolver(scope).truth(_parse(text))


def parse_scalar(text: str, scope: Scope) -> n.Scalar:
    """A number, date or text. Raises ExpressionError."""
    return _Resolver(scope).scalar(_parse(text))


def parse_amount(text: str, scope: Scope) -> n.Scalar:
    """A number that can be added up: no quotient, and it always applies. Raises ExpressionError."""
    return _Resolver(scope).undivided(_parse(text))


def _parse(text: str) -> exp.Expr:
    tree = parse_syntax(text)
    if max(node.depth for node in tree.walk()) > MAX_DEPTH:
        raise refuse(
            "too_deep", N_("表达式嵌套超过 {limit} 层。"), N_("请拆成几个指标（measures）。"), limit=MAX_DEPTH
        )
    return tree


class _Resolver:
    """Reads syntax on the rows of one table."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def inside(self, relation: Relation) -> _Resolver:
        """The same scope on the related rows."""
        return _Resolver(replace(self.scope, table=relation.table, owner=self.scope.table))

    # --- truths ---------------------------------------------------------------------------------------

    def truth(self, tree: exp.Expr) -> n.Truth:
        """A condition."""
        match tree:
            case exp.Paren():
                return self.truth(tree.this)
            case exp.And() | exp.Or():
                items = self._each(tree.flatten())
                return n.All(items) if isinstance(tree, exp.And) else n.Any(items)
            case exp.Not():
                return n.Not(self.truth(tree.this))
            case exp.Boolean():
                return n.Literally(tree.this)
            case exp.Anonymous():
                return truth_call(self, tree)
            case exp.Column():
                return self._flag(tree)
        return self._predicate(tree)

    def _each(self, trees: Iterable[exp.Expr]) -> tuple[n.Truth, ...]:
        """Conditions side by side; what is wrong with any of them is told at once."""
        items: list[n.Truth] = []
        problems: list[Problem] = []
        for tree in trees:
            try:
                items.append(self.truth(tree))
            except ExpressionError as error:
                problems += [problem for problem in error.problems if problem not in problems]
        if problems:
            raise ExpressionError(*problems)
        return tuple(items)

    def _predicate(self, tree: exp.Expr) -> n.Truth:
        match tree:
            case exp.Between() if not tree.args.get("symmetric"):
                low = self._comparison(">=", tree.this, tree.args["low"])
                return n.All((low, self._comparison("<=", tree.this, tree.args["high"])))
            case exp.In():
                return self._among(tree)
            case exp.Is():
                return self._is(tree)
        if type(tree) in _COMPARISONS:
            return self._comparison(_COMPARISONS[type(tree)], tree.this, tree.expression)
        raise refuse(
            "not_a_condition",
            N_("“{text}”不是判断条件。"),
            N_("条件由比较（= <> < <= > >=）、AND、OR、NOT、IN、BETWEEN、IS NULL 和 has、no、every 组成。"),
            text=tree.sql(),
        )

    def _comparison(self, op: n.CompareOp, left: exp.Expr, right: exp.Expr) -> n.Truth:
        for side, other in ((left, right), (right, left)):
            if isinstance(other, exp.Boolean) and op in ("=", "<>"):
                return self._equals(self.truth(side), other.this is (op == "="))
        a, b = self.scalar(left), self.scalar(right)
        a, b = self._coerce(a, kind_of(b)), self._coerce(b, kind_of(a))
        self._check_comparable(op, a, b)
        return n.Comparison(op, a, b)

    @staticmethod
    def _equals(truth: n.Truth, wanted: bool) -> n.Truth:
        if wanted:
            return truth
        if isinstance(truth, n.Flag) and may_not_apply(truth.value):
            # What does not apply compares false, to FALSE too.
            return n.All((n.Not(truth), n.Not(n.NotApplicable(truth.value))))
        return n.Not(truth)

    def _check_comparable(self, op: n.CompareOp, a: n.Scalar, b: n.Scalar) -> None:
        left, right = kind_of(a), kind_of(b)
        kinds = {left.name, right.name}
        if kinds & {"bool", "codes"} or (kinds <= {"text", "code"} and op not in ("=", "<>")):
            raise refuse(
                "order",
                N_("{kind}不能用 {op} 比较。"),
                N_("文字和代码只能用 = 或 <>；是/否列直接写列名；多选代码请用 includes(列, '值')。"),
                kind=_kind_name(left if left.name != "text" else right),
                op=op,
            )
        if (left.name, left.detail) != (right.name, right.detail):
            raise refuse(
                "kinds", N_("{left}与{right}不能比较。"), left=_kind_name(left), right=_kind_name(right)
            )
        self.one_unit((a, b))

    def _coerce(self, node: n.Scalar, wanted: Kind) -> n.Scalar:
        """Text written in the plan becomes the date or code that the other side asks for."""
        if isinstance(node, n.Constant) and node.kind == "text":
            if wanted.name == "date":
                return n.Constant(_date(str(node.value)), "date")
            if wanted.name == "code":
                return n.Constant(self.code(str(node.value), wanted.detail), "code", codes=wanted.detail)
        return node

    def code(self, text: str, list_id: str) -> str:
        """The code whose code, label or alias is written."""
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

    @staticmethod
    def quoted(tree: exp.Expr) -> str:
        """A text written in quotes."""
        if isinstance(tree, exp.Literal) and tree.is_string:
            return tree.name
        text = tree.sql()
        raise refuse("not_quoted", N_("“{text}”要加引号。"), N_("请写成 '{text}'。"), text=text)

    def _among(self, tree: exp.In) -> n.Truth:
        value = self.scalar(tree.this)
        options = [self._coerce(self.scalar(item), kind_of(value)) for item in tree.expressions]
        constants = [option for option in options if isinstance(option, n.Constant)]
        if not options or constants != options:
            raise refuse("in", N_("IN 后面只能列出固定的值：{text}"), text=tree.sql())
        for option in constants:
            self._check_comparable("=", value, option)
        return n.Among(value, tuple(constants))

    def _is(self, tree: exp.Is) -> n.Truth:
        if isinstance(tree.expression, exp.Boolean):
            return self._comparison("=", tree.this, tree.expression)
        if not isinstance(tree.expression, exp.Null):
            raise refuse(
                "is",
                N_("IS 后面只能写 NULL、TRUE、FALSE：{text}"),
                N_("要问是否等于一个值，请用 =。"),
                text=tree.sql(),
            )
        value = self.column(tree.this)
        if not may_not_apply(value):
            raise refuse(
                "is_null",
                N_("“{name}”为空表示不清楚，不能用 IS NULL 判断。"),
                N_("要问是否已登记，请用 recorded({id})。"),
                name=value.column.name,
                id=value.column.id,
            )
        return n.NotApplicable(value)

    def _flag(self, tree: exp.Column) -> n.Truth:
        value = find_scalar(tree, self.scope)
        if isinstance(value, n.ColumnValue) and value.column.type is ColumnType.BOOL:
            return n.Flag(value)
        raise refuse(
            "not_a_flag",
            N_("“{text}”不是“是/否”列，不能单独作为条件。"),
            N_("请写成比较，例如 {text} >= 1。"),
            text=tree.sql(),
        )

    # --- scalars --------------------------------------------------------------------------------------

    def scalar(self, tree: exp.Expr) -> n.Scalar:
        """A number, date or text."""
        match tree:
            case exp.Paren():
                return self.scalar(tree.this)
            case exp.Literal():
                return _literal(tree)
            case exp.Neg():
                return self._negated(tree)
            case exp.Cast():
                return _date_literal(tree)
            case exp.Case():
                return self._choice(tree)
            case exp.Column():
                return find_scalar(tree, self.scope)
            case exp.Anonymous():
                return scalar_call(self, tree)
        if type(tree) in _ARITHMETIC:
            return self._arithmetic(_ARITHMETIC[type(tree)], tree.this, tree.expression)
        raise refuse("not_a_value", N_("“{text}”不是数、日期或文字。"), text=tree.sql())

    def number(self, tree: exp.Expr) -> n.Scalar:
        """A number that always applies."""
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

    def undivided(self, tree: exp.Expr) -> n.Scalar:
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

    def _negated(self, tree: exp.Neg) -> n.Scalar:
        node = self.number(tree.this)
        if isinstance(node, n.Constant) and isinstance(node.value, Decimal) and node.parameter is None:
            return replace(node, value=-node.value)
        return n.Arithmetic("-", n.Constant(Decimal(0), "number"), node, kind_of(node).unit)

    def _arithmetic(self, op: n.ArithmeticOp, left: exp.Expr, right: exp.Expr) -> n.Scalar:
        if op == "/":
            a, b = self.number(left), self.undivided(right)
            if isinstance(b, n.Constant) and b.value == 0:
                raise refuse("by_zero", N_("除数是零：{text}"), text=right.sql())
            return n.Arithmetic(op, a, b, quotient_unit(kind_of(a).unit, kind_of(b).unit))
        a, b = self.number(left), self.number(right)
        if op == "*":
            return n.Arithmetic(op, a, b, product_unit(kind_of(a).unit, kind_of(b).unit))
        return n.Arithmetic(op, a, b, self.one_unit((a, b)))

    def one_unit(self, items: Sequence[n.Scalar]) -> str | None:
        """The unit in which all items are measured; a bare number goes with any."""
        unit, agree = shared_unit([kind_of(item) for item in items])
        if not agree:
            units = list(dict.fromkeys(unit for item in items if (unit := kind_of(item).unit)))
            raise refuse("units", N_("计量单位不同：{left} 与 {right}。"), left=units[0], right=units[1])
        return unit

    def _choice(self, tree: exp.Case) -> n.Scalar:
        if tree.this is not None or tree.args.get("default") is None:
            raise refuse("case", N_("CASE 要写成 CASE WHEN 条件 THEN 值 … ELSE 值 END。"))
        branches = tuple((self.truth(i.this), self.undivided(i.args["true"])) for i in tree.args["ifs"])
        otherwise = self.undivided(tree.args["default"])
        values = [value for _, value in branches]
        return n.Choice(branches, otherwise, self.one_unit([*values, otherwise]))

    def date_value(self, tree: exp.Expr) -> n.Scalar:
        """A date."""
        node = self._coerce(self.scalar(tree), Kind("date"))
        kind = kind_of(node)
        if kind.name != "date":
            raise refuse(
                "not_a_date", N_("“{text}”是{kind}，这里要用日期。"), text=tree.sql(), kind=_kind_name(kind)
            )
        return node

    def column(self, tree: exp.Expr) -> n.ColumnValue:
        """A column of the row."""
        node = find_scalar(tree, self.scope) if isinstance(tree, exp.Column) else None
        if isinstance(node, n.ColumnValue):
            return node
        raise refuse(
            "not_a_column", N_("“{text}”不是“{table}”的列。"), text=tree.sql(), table=self.scope.table.name
        )

    def rows(self, tree: exp.Expr, where: exp.Expr | None) -> n.Rows:
        """A list, narrowed by a condition on its rows."""
        is_name = isinstance(tree, exp.Column) and not tree.table
        relation = find_relation(self.scope, tree.name if is_name else tree.sql())
        return n.Rows(relation, None if where is None else self.inside(relation).truth(where))


def _literal(tree: exp.Literal) -> n.Constant:
    if tree.is_string:
        return n.Constant(tree.name, "text")
    value = Decimal(tree.name)
    if len(format(value, "f").replace(".", "")) > MAX_DIGITS:
        raise refuse("digits", N_("数“{text}”超过 {limit} 位。"), text=tree.name, limit=MAX_DIGITS)
    return n.Constant(value, "number")


def _date_literal(tree: exp.Cast) -> n.Constant:
    literal = tree.this
    if tree.to.this is not exp.DataType.Type.DATE or not isinstance(literal, exp.Literal):
        raise refuse("cast", N_("不能转换类型：{text}"), N_("日期请写 DATE '2020-06-30'。"), text=tree.sql())
    return n.Constant(_date(literal.name), "date")


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
