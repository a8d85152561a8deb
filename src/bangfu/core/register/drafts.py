"""Draw up a change set against a state: rows created, changed, removed, with what hangs on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from bangfu.core.errors import Problem, RegisterError
from bangfu.core.messages import N_, Message
from bangfu.core.register.changes import (
    CHANGE,
    CLEARED,
    REMOVE,
    ROW,
    SUCCESSOR_SCHEMA,
    UPDATE,
    Batch,
    ChangeSet,
    Kind,
    State,
    change_schema,
    creates,
    removes,
    updates,
)
from bangfu.core.register.validation import apply, well_formed
from bangfu.core.vocabulary import Table, Vocabulary


class Draft:
    """Collects changes; several changes of one row become one."""

    def __init__(self, state: State, vocabulary: Vocabulary) -> None:
        self.state = state
        self.vocabulary = vocabulary
        self.successors = pl.DataFrame(schema=SUCCESSOR_SCHEMA)
        self._parts: dict[str, list[pl.DataFrame]] = {}
        self._next_ids: dict[str, int] = {}

    def table(self, name: str) -> Table:
        """A table of the vocabulary."""
        return self.vocabulary.tables[name]

    def rows(self, name: str, keys: pl.Series | None = None) -> pl.DataFrame:
        """The rows of a table before the changes; `keys`: only those, all of which must be there."""
        table = self.table(name)
        rows = self.state.rows(table)
        if keys is None:
            return rows
        lost = keys.filter(~keys.is_in(rows[table.key].implode()).fill_null(False))
        if lost.len():
            raise refusal("no_row", N_("登记库里没有这些行"), f"{name} {lost.to_list()[:5]}")
        return rows.filter(pl.col(table.key).is_in(keys.implode()))

    def create(self, name: str, rows: pl.DataFrame) -> pl.Series:
        """Create rows under new keys; returns the keys."""
        first = self._next_ids.get(name, self.state.next_id(name))
        self._next_ids[name] = first + rows.height
        keys = pl.int_range(first, self._next_ids[name], eager=True, dtype=pl.Int64).alias(
            self.table(name).key
        )
        self._add(name, creates(self.table(name), rows.with_columns(keys)))
        return keys

    def update(self, name: str, rows: pl.DataFrame, cleared: Iterable[str] = ()) -> None:
        """Set the non-null columns of rows (own key first), empty `cleared`; also of rows created here."""
        table = self.table(name)
        twice = rows[table.key].filter(rows[table.key].is_duplicated()).unique(maintain_order=True)
        if twice.len():
            raise refusal("repeated", N_("同一行写了两次"), f"{name} {twice.to_list()[:5]}")
        old = rows[table.key].filter(rows[table.key] < self.state.next_id(name))
        self._add(name, updates(table, rows, self.rows(name, old), cleared))

    def strike(self, name: str, keys: pl.Series) -> None:
        """Remove rows on which nothing hangs any more."""
        self._add(name, removes(self.table(name), self.rows(name, keys)))

    def remove(self, name: str, keys: pl.Series) -> None:
        """Remove rows. What hangs on them goes too, unless it has another parent: then it lets go of them."""
        self.strike(name, keys)
        for child in self.vocabulary.tables.values():
            for link in child.links:
                if link.parent == name and link.column is not None:
                    self._release(child, link.column, keys)

    def _release(self, child: Table, column: str, keys: pl.Series) -> None:
        others = [other for other in child.link_columns if other != column]
        hanging = self.rows(child.id).filter(pl.col(column).is_in(keys.implode()))
        elsewhere = pl.any_horizontal(pl.lit(False), *(pl.col(other).is_not_null() for other in others))
        kept, lost = hanging.filter(elsewhere), hanging.filter(~elsewhere)
        if kept.height:
            self.update(child.id, kept.select(child.key), [column])
        if lost.height:
            self.remove(child.id, lost[child.key])

    def struck(self, name: str) -> pl.DataFrame:
        """The keys of the rows removed so far, under the table's own key."""
        gone = self.changed(name).filter(pl.col(CHANGE) == REMOVE)
        return gone.select(pl.col(ROW).alias(self.table(name).key))

    def repoint(self, parent: str, pairs: pl.DataFrame) -> None:
        """Let every row that belongs to `old_key` of a table belong to `new_key`."""
        for child in self.vocabulary.tables.values():
            for link in child.links:
                if link.parent == parent and link.column is not None:
                    rows = self.rows(child.id).select(child.key, pl.col(link.column).alias("old_key"))
                    moved = rows.join(pairs, on="old_key").select(
                        child.key, pl.col("new_key").alias(link.column)
                    )
                    self.update(child.id, moved)

    def changed(self, name: str) -> pl.DataFrame:
        """The change frame of a table so far, a row of it per row."""
        table = self.table(name)
        parts = self._parts.get(name, [])
        frame = pl.concat([pl.DataFrame(schema=change_schema(table)), *parts])
        if not frame[ROW].is_duplicated().any():
            return frame
        said = [column for column in frame.columns if column not in (ROW, CHANGE, CLEARED)]
        return (
            frame.group_by(ROW, maintain_order=True)
            .agg(
                # a removal (or creation) outweighs the update of the same row
                pl.col(CHANGE).sort_by(pl.col(CHANGE) == UPDATE).first(),
                *(pl.col(column).drop_nulls().last() for column in said),
                pl.col(CLEARED).explode().drop_nulls().unique(maintain_order=True),
            )
            .select(frame.columns)
        )

    def finish(self, batch: Batch, kind: Kind) -> ChangeSet:
        """The change set, which the register will accept. Raises RegisterError if it would not."""
        tables = {name: self.changed(name) for name in self._parts}
        drawn = ChangeSet(replace(batch, kind=kind), tables, self.successors)
        checked = well_formed(drawn, self.vocabulary)
        apply(checked, self.state, self.vocabulary)
        return checked

    def _add(self, name: str, changes: pl.DataFrame) -> None:
        if changes.height:
            self._parts.setdefault(name, []).append(changes)


def refusal(code: str, template: str, where: str = "", remedy: str | None = None) -> RegisterError:
    """The error of a change that may not be made."""
    advice = Message(remedy) if remedy else None
    return RegisterError(Problem(f"register.{code}", Message(template), where, advice))
