"""Whether the declarations of a vocabulary fit together. For whoever edits them; said in English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from bangfu.core.vocabulary.model import (
    CodeList,
    Column,
    ColumnType,
    Empty,
    Link,
    Table,
    Vocabulary,
)

_ID = re.compile(r"[a-z][a-z0-9_]*")
_CODED = (ColumnType.CODE, ColumnType.CODES)
_NUMBERS = (ColumnType.INT, ColumnType.DECIMAL)


def check_vocabulary(vocabulary: Vocabulary) -> list[str]:
    """One sentence for each thing wrong; empty if all is well."""
    found = [*_names_of_tables(vocabulary)]
    for table in vocabulary.tables.values():
        found += [f"{table.id}: {text}" for text in _table(table, vocabulary)]
    found += _implied(vocabulary)
    used = {column.codes for table in vocabulary.tables.values() for column in table.columns.values()}
    for codes in vocabulary.codes.values():
        found += [f"codes {codes.id}: {text}" for text in _codes(codes)]
        if codes.id not in used:
            found.append(f"codes {codes.id}: no column uses them")
    return found


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _names_of_tables(vocabulary: Vocabulary) -> Iterator[str]:
    names = [
        name
        for table in vocabulary.tables.values()
        for name in (table.id, table.name, *table.aliases, *table.previous_names)
    ]
    yield from (f"two tables are called {name}" for name in _twice(names))


def _table(table: Table, vocabulary: Vocabulary) -> Iterator[str]:
    yield from _spelling(table.id, table.name)
    columns = table.columns.values()
    names = [name for column in columns for name in (column.id, column.name, *column.aliases)]
    keys = [table.key, *table.link_columns]
    yield from (f"two columns are called {name}" for name in _twice([*names, *keys]))
    yield from _timing(table)
    for column in columns:
        yield from (f"{column.id}: {text}" for text in _column(column, table, vocabulary))
    for link in table.links:
        yield from (f"link to {link.parent}: {text}" for text in _link(link, table, vocabulary))


def _spelling(identifier: str, name: str) -> Iterator[str]:
    if not _ID.fullmatch(identifier):
        yield f"{identifier} is not an identifier"
    if not name.isidentifier():  # plans may write it in an expression
        yield f"the name {name} cannot stand in an expression; make it an alias"


def _timing(table: Table) -> Iterator[str]:
    timing = table.timing
    if sum(1 for column in (timing.at, timing.year, timing.start) if column) > 1:
        yield "a row is timed by a day, a year or a span, not by two of them"
    if (timing.start is None) != (timing.end is None):
        yield "a span has a start and an end"
    wanted = {
        timing.at: ColumnType.DATE,
        timing.start: ColumnType.DATE,
        timing.end: ColumnType.DATE,
        timing.year: ColumnType.INT,
    }
    for name, type_ in wanted.items():
        if name and (name not in table.columns or table.columns[name].type is not type_):
            yield f"timing column {name} is no {type_} column"
    if table.previous and not timing.year:
        yield f"{table.previous} speaks of last year, but rows have no year"


def _column(column: Column, table: Table, vocabulary: Vocabulary) -> Iterator[str]:
    yield from _spelling(column.id, column.name)
    if not column.source:
        yield "no source"
    if (column.type in _CODED) != (column.codes is not None):
        yield "code columns, and no others, have a code list"
    if column.codes is not None and column.codes not in vocabulary.codes:
        yield f"no code list {column.codes}"
    if (column.empty is Empty.NOT_APPLICABLE) != (column.given is not None):
        yield "columns that may not apply, and no others, say given which column"
    if column.given is not None and (column.given == column.id or column.given not in table.columns):
        yield f"given {column.given}, which is no other column"
    if column.type not in _NUMBERS and (
        column.unit or column.minimum is not None or column.maximum is not None
    ):
        yield "only numbers have a unit, a minimum and a maximum"
    if column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        yield "the minimum is above the maximum"


def _link(link: Link, table: Table, vocabulary: Vocabulary) -> Iterator[str]:
    parent = vocabulary.tables.get(link.parent)
    if parent is None:
        yield "no such table"
        return
    if (link.column is None) == (link.through is None):
        yield "a link goes by a column or through a table"
    if link.column is not None and link.column != parent.key:
        yield f"the column is called {parent.key}"
    if link.through is not None:
        yield from _membership(link.through, table, parent, vocabulary)
    if link.known_to is not None:
        until = parent.columns.get(link.known_to)
        if until is None or until.type is not ColumnType.DATE or not until.in_snapshot:
            yield f"known_to {link.known_to} is no date column of {parent.id} that a snapshot carries"


def _membership(name: str, table: Table, parent: Table, vocabulary: Vocabulary) -> Iterator[str]:
    membership = vocabulary.tables.get(name)
    if membership is None or not membership.timing.start:
        yield f"through {name}, which is no table of spans"
    elif missing := sorted({table.key, parent.key} - set(membership.link_columns)):
        yield f"{name} has no column {', '.join(missing)}"


def _codes(codes: CodeList) -> Iterator[str]:
    labels = list(codes.labels.values())
    yield from (f"two codes are labelled {label}" for label in _twice(labels))
    yield from (
        f"code {code} has a comma, which stands between codes" for code in codes.labels if "," in code
    )
    yield from (
        f"alias {text} is another code or label"
        for text in codes.aliases
        if text in codes.labels or text in labels
    )
    targets = [*codes.aliases.values(), *codes.within, *codes.within.values()]
    targets += [code for column in codes.implies.values() for code in column]
    yield from (f"no code {code}" for code in sorted(set(targets) - set(codes.labels)))
    if not codes.source:
        yield "no source"


def _implied(vocabulary: Vocabulary) -> Iterator[str]:
    for table in vocabulary.tables.values():
        for column in table.columns.values():
            own = vocabulary.codes.get(column.codes or "")
            for name, pairs in own.implies.items() if own else ():
                other = table.columns.get(name)
                known = vocabulary.codes.get(other.codes or "") if other else None
                if known is None or not set(pairs.values()) <= set(known.labels):
                    yield f"{table.id}: {column.id} implies codes that {name} does not have"
