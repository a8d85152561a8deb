"""From text to a syntax tree: full-width signs folded, sqlglot's parser with every function left to us."""

from __future__ import annotations

from typing import ClassVar

import sqlglot
from sqlglot import exp, parser, tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message

MAX_LENGTH = 4000

_FOLDED = {
    "（": "(", "）": ")", "，": ",", "；": ";", "：": ":", "＞": ">", "＜": "<", "＝": "=", "≥": ">=",
    "≤": "<=", "≠": "<>", "＋": "+", "－": "-", "−": "-", "×": "*", "＊": "*", "÷": "/", "／": "/",
    "．": ".", "％": "%", "\u3000": " ",
} | {chr(0xFF10 + digit): str(digit) for digit in range(10)}  # fmt: skip
_QUOTES = ("'＇‘’", "“”")  # signs of a family open and close each other


class ExpressionError(Exception):
    """An expression is wrong; carries each Problem without its place (`problem`: the first)."""

    def __init__(self, problem: Problem, *others: Problem) -> None:
        self.problem = problem
        self.problems = (problem, *others)
        super().__init__(problem.render())


def refuse(code: str, template: str, remedy: str = "", **values: object) -> ExpressionError:
    """An ExpressionError of this language."""
    return ExpressionError(
        Problem(
            f"expression.{code}",
            Message(template, values),
            remedy=Message(remedy, values) if remedy else None,
        )
    )


class _PlanDialect(Dialect):
    """SQL's operators only: no function is known to sqlglot, so none is rewritten or given a meaning."""

    class Tokenizer(tokens.Tokenizer):
        """No comments: what stands in an expression is meant."""

        COMMENTS: ClassVar = []

    class Parser(parser.Parser):
        """Leaves every call anonymous; only CASE is parsed without parentheses."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {}
        NO_PAREN_FUNCTIONS: ClassVar = {}
        NO_PAREN_FUNCTION_PARSERS: ClassVar = {"CASE": parser.Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


def fold_width(text: str) -> str:
    """Full-width punctuation, quotes and digits made half-width, outside quoted text."""
    folded: list[str] = []
    closing = ""
    for char in text:
        family = next((signs for signs in _QUOTES if char in signs), "")
        if closing:
            plain = "'" if char in closing else char
            closing = "" if char in closing else closing
        else:
            plain = "'" if family else _FOLDED.get(char, char)
            closing = family
        folded.append(plain)
    return "".join(folded)


def parse_syntax(text: str) -> exp.Expr:
    """One expression as sqlglot's tree. Raises ExpressionError for anything that is not exactly one."""
    if len(text) > MAX_LENGTH:
        raise refuse(
            "too_long",
            N_("表达式超过 {limit} 个字符。"),
            N_("请拆成几个指标（measures）。"),
            limit=MAX_LENGTH,
        )
    try:
        statements = sqlglot.parse(fold_width(text), read=_PlanDialect)
    except (SqlglotError, RecursionError) as error:
        raise refuse(
            "syntax",
            N_("表达式写法有误：{text}"),
            N_("请检查括号、引号和运算符是否成对、完整。"),
            text=text,
        ) from error
    if len(statements) != 1 or statements[0] is None:
        raise refuse("not_one", N_("这里只能写一个表达式：{text}"), N_("请去掉分号和多余的内容。"), text=text)
    return statements[0]
