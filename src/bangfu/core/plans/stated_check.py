"""Check what a pack states outside measures and criteria, as `compile_plan` checks those."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bangfu.core.errors import Problem
from bangfu.core.expressions import Scope, parse_scalar, parse_truth
from bangfu.core.expressions.syntax import ExpressionError
from bangfu.core.messages import N_, Message
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.stated import stated_in
from bangfu.core.vocabulary import Table


def stated_problems(
    pack: Pack, tables: Mapping[str, Table], scope_of: Callable[[Table, str], Scope]
) -> list[Problem]:
    """What is wrong with them; `scope_of` gives what an expression on rows of a table in a period may
    speak of. Tables that are not known are told where references are checked."""
    found = []
    for stated in stated_in(pack):
        where = pack.where_path(stated.address, stated.entry, stated.path)
        if stated.about.table is None:
            message = Message(N_("没有写对象（subject），不知道“{text}”说的是谁。"), {"text": stated.text})
            found.append(Problem("plan.no_table", message, where))
        elif stated.kind != "column" and stated.about.table in tables:
            parse = parse_truth if stated.kind == "condition" else parse_scalar
            try:
                parse(stated.text, scope_of(tables[stated.about.table], stated.about.per))
            except ExpressionError as error:
                found += [replace(problem, where=where) for problem in error.problems]
    return found
