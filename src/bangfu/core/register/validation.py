"""Apply a change set to a state, or say everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from bangfu.core.errors import Problem, RegisterError
from bangfu.core.messages import N_, Message
from bangfu.core.register.changes import (
    BASE,
    CHANGE,
    CLEARED,
    CREATE,
    REMOVE,
    RESTORES,
    ROW,
    SUCCESSOR_SCHEMA,
    UPDATE,
    ChangeSet,
    State,
    change_schema,
    complete,
)
from bangfu.core.register.columns import cast_losslessly
from bangfu.core.register.folding import conflicts, fold
from bangfu.core.vocabulary import Column, ColumnType, Table, Vocabulary

_SHOWN = 5  # row keys named in one problem


def apply(change_set: ChangeSet, state: State, vocabulary: Vocabulary) -> State:
    """The state after a well-formed change set, as the next batch.

    Raises RegisterError with every problem: rows that moved meanwhile, rows whose parent is not there, rows
    removed before their children.
    """
    problems = _moved(change_set, state, vocabulary)
    after = fold([(state.seq + 1, change_set)], vocabulary, start=state)
    problems += _orphans(change_set, after, vocabulary)
    if problems:
        raise RegisterError(problems)
    return after


def well_formed(change_set: ChangeSet, vocabulary: Vocabulary) -> ChangeSet:
    """The change set with complete, exactly typed frames, tables without rows left out.

    Raises RegisterError with every problem of form: undeclared tables and columns, wrong types, values
    outside their code list, rows named twice, versions missing.
    """
    problems = [
        _problem("unknown_table", N_("词汇表没有声明这张表"), name)
        for name in change_set.tables
        if name not in vocabulary.tables
    ]
    frames: dict[str, pl.DataFrame] = {}
    for name, frame in change_set.tables.items():
        if name in vocabulary.tables:
            frames[name], found = _well_formed_frame(vocabulary.tables[name], frame, vocabulary)
            problems += found
    if change_set.batch.recorded_at.tzinfo is None:
        problems.append(_problem("time_zone", N_("登记时刻没有写明时区"), "recorded_at"))
    successors, lossy = cast_losslessly(change_set.successors, SUCCESSOR_SCHEMA)
    problems += [_problem("wrong_type", N_("值与声明的类型不符"), f"successors.{name}") for name in lossy]
    if problems:
        raise RegisterError(problems)
    spoken = {name: frame for name, frame in frames.items() if frame.height}
    return replace(change_set, tables=spoken, successors=successors)


def _well_formed_frame(
    table: Table, frame: pl.DataFrame, vocabulary: Vocabulary
) -> tuple[pl.DataFrame, list[Problem]]:
    schema = change_schema(table)
    strangers = [name for name in frame.columns if name not in schema]
    typed, lossy = cast_losslessly(frame, schema)
    problems = [
        _problem("unknown_column", N_("词汇表没有声明这一列"), f"{table.id}.{name}") for name in strangers
    ]
    problems += [_problem("wrong_type", N_("值与声明的类型不符"), f"{table.id}.{name}") for name in lossy]
    if problems:
        return complete(table, typed), problems
    return typed, [*_row_problems(table, typed), *_code_problems(table, typed, vocabulary)]


def _row_problems(table: Table, frame: pl.DataFrame) -> Iterator[Problem]:
    columns = [name for name in change_schema(table) if name not in (ROW, CHANGE, BASE, CLEARED, RESTORES)]
    emptied = pl.col(CLEARED).list
    both = [pl.col(name).is_not_null() & emptied.contains(name).fill_null(False) for name in columns]
    foreign = emptied.set_difference(pl.lit(columns, pl.List(pl.String))).list.len().fill_null(0) > 0
    create = pl.col(CHANGE) == CREATE
    checks = (
        ("no_key", N_("有的变更没有行编号"), pl.col(ROW).is_null()),
        ("repeated", N_("同一批里同一行出现多次"), pl.col(ROW).is_duplicated() & pl.col(ROW).is_not_null()),
        ("change", N_("变更只能是新建、修改或删除"), ~pl.col(CHANGE).is_in([CREATE, UPDATE, REMOVE])),
        ("base", N_("新建不应有原版本，修改和删除必须有"), create != pl.col(BASE).is_null()),
        ("unknown_column", N_("要清空的列没有声明"), foreign),
        ("both", N_("同一列既填写又清空"), pl.any_horizontal(pl.lit(False), *both)),
    )
    for code, template, wrong in checks:
        rows = frame.filter(wrong.fill_null(True))
        if rows.height:
            yield _rows_problem(code, template, table.id, rows[ROW])


def _code_problems(table: Table, frame: pl.DataFrame, vocabulary: Vocabulary) -> Iterator[Problem]:
    for column in table.columns.values():
        if column.type in (ColumnType.CODE, ColumnType.CODES):
            known = list(vocabulary.code_list(column).labels)
            rows = frame.filter(_has_foreign_code(column, known))
            if rows.height:
                yield _rows_problem("code", N_("值不在代码表内"), f"{table.id}.{column.id}", rows[ROW])


def _has_foreign_code(column: Column, known: list[str]) -> pl.Expr:
    if column.type is ColumnType.CODE:
        return ~pl.col(column.id).is_in(known)
    return pl.col(column.id).str.split(",").list.set_difference(known).list.len() > 0


def _moved(change_set: ChangeSet, state: State, vocabulary: Vocabulary) -> list[Problem]:
    found = conflicts(change_set, state, vocabulary)
    remedy = Message(N_("请按现在的登记内容核对后重做这一改动。"))
    return [
        replace(_rows_problem("conflict", N_("这些行已被别的批次改动"), str(name), rows[ROW]), remedy=remedy)
        for (name,), rows in found.group_by("table", maintain_order=True)
    ]


def _orphans(change_set: ChangeSet, after: State, vocabulary: Vocabulary) -> Iterator[Problem]:
    for child, column, rows in orphans(change_set, after, vocabulary):
        yield _rows_problem("no_parent", N_("有的行指向不存在的上级"), f"{child.id}.{column}", rows)


def orphans(
    change_set: ChangeSet, after: State, vocabulary: Vocabulary
) -> Iterator[tuple[Table, str, pl.Series]]:
    """Rows that a change set leaves without a parent: their table, the link's column, their keys."""
    for child in vocabulary.tables.values():
        rows = after.rows(child)
        for link in child.links:
            if link.column is None or not rows.height:
                continue
            parent = vocabulary.tables[link.parent]
            suspects = rows.filter(
                _touched(change_set, child, child.key) | _touched(change_set, parent, link.column)
            )
            linked = suspects.select(child.key, link.column).drop_nulls()
            lost = linked.join(after.rows(parent), left_on=link.column, right_on=parent.key, how="anti")
            if lost.height:
                yield child, link.column, lost[child.key]


def resting_on(undoing: ChangeSet, state: State, vocabulary: Vocabulary) -> dict[str, set[int]]:
    """Keys by table of the rows for which an undo comes too late: touched since, or left without a parent."""
    found: dict[str, set[int]] = {}
    for name, key in conflicts(undoing, state, vocabulary).select("table", ROW).iter_rows():
        found.setdefault(name, set()).add(key)
    after = fold([(state.seq + 1, undoing)], vocabulary, start=state)
    for child, _, keys in orphans(undoing, after, vocabulary):
        found.setdefault(child.id, set()).update(keys)
    return found


def _touched(change_set: ChangeSet, table: Table, column: str) -> pl.Expr:
    """Whether `column` holds the key of a row of `table` that the change set speaks of."""
    if table.id not in change_set.tables:
        return pl.lit(False)
    return pl.col(column).is_in(change_set.tables[table.id][ROW].implode())


def _rows_problem(code: str, template: str, where: str, rows: pl.Series) -> Problem:
    shown = [str(row) for row in rows.head(_SHOWN)]
    values = {"what": Message(template), "count": rows.len(), "rows": shown}
    return Problem(f"register.{code}", Message(N_("{what}：{count} 行，如编号 {rows}"), values), where)


def _problem(code: str, template: str, where: str) -> Problem:
    return Problem(f"register.{code}", Message(template), where)
