"""From text to a syntax tree: full-width signs folded, sqlglot's parser with every function left to us."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message

MAX_LENGTH = 4000

_FOLDED = {
    "（": "(", "）": ")", "，": ",", "；": ";", "：": ":", "＞": ">", "＜": "<", "＝": "=", "≥": ">=", "≤": "<=",
    "≠": "<>", "＋": "+", "－": "-", "−": "-", "×": "*", "＊": "*", "÷": "/", "／": "/", "．": ".", "％": "%",
    "‘": "'", "’": "'", "＇": "'", "\u3000": " ",
} | {chr(0xFF10 + digit): str(digit) for digit in range(10)}  # fmt: skip


class ExpressionError(Exception):
    """An expression is wrong; carries a Problem without its place."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.render())


class _PlanDialect(Dialect):
    """SQL's operators only: no function is known to sqlglot, so none is rewritten or given a meaning."""

    class Parser(Parser):
        """Leaves every call anonymous; only CASE is parsed without parentheses."""

        FUNCTIONS = {}  # noqa: RUF012 - sqlglot's own way of saying it
        FUNCTION_PARSERS = {}  # noqa: RUF012
        NO_PAREN_FUNCTIONS = {}  # noqa: RUF012
        NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012
            "CASE": Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]
        }


def fold_width(text: str) -> str:
    """Full-width punctuation and digits made half-width, outside quoted text."""
    folded: list[str] = []
    quoted = False
    for char in text:
        plain = char if quoted and char not in "‘’＇" else _FOLDED.get(char, char)
        if plain == "'":
            quoted = not quoted
        folded.append(plain)
    return "".join(folded)


def parse_syntax(text: str) -> exp.Expression:
    """One expression as sqlglot's tree. Raises ExpressionError for anything that is not exactly one."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            Problem(
                "expression.too_long",
                Message(N_("表达式超过 {limit} 个字符。"), {"limit": MAX_LENGTH}),
                remedy=Message(N_("请拆成几个指标（measures）。")),
            )
        )
    try:
        statements = sqlglot.parse(fold_width(text), read=_PlanDialect)
    except (SqlglotError, RecursionError) as error:
        raise ExpressionError(
            Problem(
                "expression.syntax",
                Message(N_("表达式写法有误：{text}"), {"text": text}),
                remedy=Message(N_("请检查括号、引号和运算符是否成对、完整。")),
            )
        ) from error
    if len(statements) != 1 or statements[0] is None:
        raise ExpressionError(
            Problem(
                "expression.not_one",
                Message(N_("这里只能写一个表达式：{text}"), {"text": text}),
                remedy=Message(N_("请去掉分号和多余的内容。")),
            )
        )
    return statements[0]
