"""Rows of the register as text tables, for the tests.

`id` is the row's own key (1, 2, … unless given), a column named like a parent table holds the parent's id (the
only parent's unless given), an empty cell is empty, yes and no are yes and no, codes may be labels.
"""

from __future__ import annotations

from collections.abc import Mapping

from bangfu.core.engine.cases import cell_value
from bangfu.core.engine.world import Row
from bangfu.core.vocabulary import Table, Vocabulary


def read_table(text: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a text table; a ruler of dashes is passed over."""
    lines = [line.strip() for line in text.strip().splitlines() if set(line.strip()) - set("|-: ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    wrong = [row for row in cells if len(row) != len(cells[0])]
    if wrong:
        raise ValueError(f"not as wide as the header: {wrong}")
    return cells[0], cells[1:]


def read_rows(texts: Mapping[str, str], vocabulary: Vocabulary) -> dict[str, list[Row]]:
    """Text tables as rows. A table not written has no rows where a parent says that it was checked; else it is
    not there."""
    read = {name: read_table(text) for name, text in texts.items()}
    keys = {
        name: [int(row[header.index("id")]) if "id" in header else n + 1 for n, row in enumerate(rows)]
        for name, (header, rows) in read.items()
    }
    tables: dict[str, list[Row]] = {
        name: [
            _row(vocabulary, vocabulary.tables[name], dict(zip(header, row, strict=True)), key, keys)
            for row, key in zip(rows, keys[name], strict=True)
        ]
        for name, (header, rows) in read.items()
    }
    for table in vocabulary.tables.values():
        told = [row.get(link.known_to or "") for link in table.links for row in tables.get(link.parent, [])]
        if table.id not in tables and any(told):
            tables[table.id] = []
    return tables


def _row(
    vocabulary: Vocabulary, table: Table, given: dict[str, str], key: int, keys: Mapping[str, list[int]]
) -> Row:
    row: dict[str, object] = {table.key: key}
    given.pop("id", None)
    for link in table.links:
        if link.column is not None:
            parents = keys.get(link.parent, [])
            only = str(parents[0]) if len(parents) == 1 else ""
            text = given.pop(link.parent, only)
            row[link.column] = int(text) if text else None
    for name, text in given.items():
        plain: object = {"yes": True, "no": False}.get(text, text or None)
        row[name] = cell_value(plain, table.columns[name], vocabulary)
    return row
