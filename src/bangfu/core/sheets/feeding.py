"""Rows of staged sheets → rows of the register's tables, table by table, parents first."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from bangfu.core.divisions import Divisions
from bangfu.core.register.changes import VERSION, State
from bangfu.core.sheets.layouts import RowRule
from bangfu.core.sheets.matching import IS_NEW, KEY, key_cell, match
from bangfu.core.sheets.places import locate
from bangfu.core.sheets.staging import ISSUES, ROW, SOFT, TARGET, StagedSheet
from bangfu.core.sheets.wide import row_year, side_by_side, without_totals
from bangfu.core.vocabulary import Table, Vocabulary

SHEET = "_sheet"
_FIRST, _OLD = "_first", "_old"
PLACE_RULES = (
    RowRule("county", (("division_code",),), optional=True, keeps=True),
    RowRule("township", (("division_code",),), {"county_id": "county"}, optional=True, keeps=True),
    RowRule("village", (("division_code",),), {"township_id": "township"}, optional=True, keeps=True),
    RowRule("group", (("village_id", "group_name"),), {"village_id": "village"}, optional=True),
)


class Feeder:
    """Collects what sheets say, held against the register and against each other.

    `entries`: by table, a frame per sheet with `_sheet`, `_row`, `_key` and the columns said. `rows`: per
    sheet `_sheet`, `_row` and a column of keys for each table that the row feeds. `issues`: as
    `staging.ISSUES`, and `_sheet`. `years`: of rows that name none, by sheet.
    """

    def __init__(self, state: State, divisions: Divisions, vocabulary: Vocabulary) -> None:
        self.state, self.divisions, self.vocabulary = state, divisions, vocabulary
        self.entries: dict[str, list[pl.DataFrame]] = {}
        self.rows: list[pl.DataFrame] = []
        self.issues: list[pl.DataFrame] = []
        self.years: list[int | None] = []
        self._known: dict[str, pl.DataFrame] = {}
        self._said: dict[str, pl.DataFrame] = {}
        self._next_ids: dict[str, int] = {}

    def feed(self, number: int, sheet: StagedSheet, within: str | None, year: int | None) -> None:
        """Take a staged sheet. `within`: code of the office's division; `year`: of rows that name none."""
        targets = list(sheet.header.targets.values())
        frame, unequal = without_totals(sheet.frame, sheet.layout, targets)
        year = sheet.header.year or year
        self.years.append(year)
        places = locate(frame, self.divisions, within)
        frame = frame.hstack(places.frame.drop(ROW))
        links = frame.select(ROW)
        self._note(number, sheet.issues, unequal, places.issues)
        for rule in (*PLACE_RULES, *sheet.layout.rows):
            table = self.vocabulary.tables[rule.table]
            if rule.wide and not any(target.code for target in targets):
                continue
            if rule.wide:
                rows = side_by_side(frame, targets, table.id, year)
                self._note(number, _undated(rows))
                rows = rows.drop_nulls("year").join(_parents(rule, links), on=ROW, maintain_order="left")
            else:
                rows = _own_rows(frame, links, table, rule, year)
            rows = rows.with_columns(pl.lit(value).alias(name) for name, value in rule.constants.items())
            for link in rule.needs:
                if any(link in key for key in rule.keys):
                    self._note(number, _nowhere(rows.filter(pl.col(link).is_null()), link))
                    rows = rows.drop_nulls(link)
            matched = self._match(number, table, rule, rows)
            if not rule.wide:
                links = links.join(matched, on=ROW, how="left", maintain_order="left").rename({KEY: table.id})
        self.rows.append(links.with_columns(pl.lit(number, pl.UInt32).alias(SHEET)))

    def known(self, table: str) -> pl.DataFrame:
        """The register's rows and those that earlier sheets would create: `_key` and columns."""
        if table not in self._known:
            self._known[table] = self.register_rows(table)
        return self._known[table]

    def register_rows(self, table: str) -> pl.DataFrame:
        """The register's rows of a table: `_key` and columns."""
        declared = self.vocabulary.tables[table]
        return self.state.rows(declared).drop(VERSION).rename({declared.key: KEY})

    def _note(self, number: int, *issues: pl.DataFrame) -> None:
        self.issues += [
            found.select(
                pl.lit(number, pl.UInt32).alias(SHEET), *(pl.col(n).cast(t) for n, t in ISSUES.items())
            )
            for found in issues
            if found.height
        ]

    def _match(self, number: int, table: Table, rule: RowRule, rows: pl.DataFrame) -> pl.DataFrame:
        """Find or number rows, check and keep what they say; `_row` and `_key` of those that were found."""
        known = self.known(table.id)
        searched = known
        for column, membership in rule.known_by.items():
            members = self.known(membership).select(pl.col(table.key).alias(KEY), column)
            searched = searched.join(members, on=KEY, how="left")
        hard = [name for name in rows.columns if not name.endswith(SOFT)]
        matched = match(rows, searched, rule, self._next_ids.get(table.id, self.state.next_id(table.id)))
        self._next_ids[table.id] = matched.next_id
        is_new = pl.col(KEY) >= self.state.next_id(table.id)  # also where an earlier sheet numbered it
        rows = matched.rows.drop_nulls(KEY).with_columns(is_new.alias(IS_NEW))
        said = [name for name in hard if name not in (ROW, TARGET, *rule.known_by)]
        self._note(number, matched.issues, *_against_register(rows, known, table, rule, said))
        self._note(number, *_against_each_other(rows, rule, table.id, said))
        if not rule.existing:
            self._keep(number, table, rule, _filled_softly(rows, known, said), said)
        return rows.select(ROW, KEY)

    def _keep(self, number: int, table: Table, rule: RowRule, rows: pl.DataFrame, said: list[str]) -> None:
        if rule.keeps:
            rows = rows.filter(IS_NEW)
        values = [name for name in rows.columns if name not in (ROW, TARGET, KEY, IS_NEW, *rule.known_by)]
        entry = rows.select(pl.lit(number, pl.UInt32).alias(SHEET), ROW, KEY, *values)
        self.entries.setdefault(table.id, []).append(entry)
        one_each = (
            rows.select(KEY, IS_NEW, *values).group_by(KEY, maintain_order=True).first(ignore_nulls=True)
        )
        if table.id in self._said:
            self._note(number, *_against_sheets(rows, self._said[table.id], table.id, said))
            both = pl.concat([self._said[table.id], one_each.drop(IS_NEW)], how="diagonal")
            self._said[table.id] = both.group_by(KEY).first(ignore_nulls=True)
        else:
            self._said[table.id] = one_each.drop(IS_NEW)
        fresh = one_each.filter(IS_NEW).drop(IS_NEW)
        known = self.known(table.id)
        fresh = fresh.join(known, on=KEY, how="anti").select(KEY, *(n for n in values if n in known.columns))
        self._known[table.id] = pl.concat([known, fresh], how="diagonal")


def _parents(rule: RowRule, links: pl.DataFrame) -> pl.DataFrame:
    """`_row` and the rule's link columns; rows without a parent that a key names are left out."""
    keys = [pl.col(parent).alias(link) for link, parent in rule.parents.items() if parent in links.columns]
    named = [link for link in rule.parents if any(link in key for key in rule.keys)]
    needed = [link for link in named if link not in rule.needs]
    return links.select(ROW, *keys).drop_nulls(needed)


def _own_rows(
    frame: pl.DataFrame, links: pl.DataFrame, table: Table, rule: RowRule, year: int | None
) -> pl.DataFrame:
    """`_row`, what the sheet says of the table, its parents' keys and what such a sheet implies."""
    prefix = f"{table.id}."
    own = [name for name in frame.columns if name.startswith(prefix)]
    rows = frame.select(ROW, *(pl.col(name).alias(name.removeprefix(prefix)) for name in own))
    if table.timing.year and table.timing.year not in rows.columns:
        years = frame.select(ROW, row_year(frame, year).alias(table.timing.year))
        rows = rows.join(years, on=ROW, maintain_order="left")
    if rule.optional:
        spoken = [name.removeprefix(prefix) for name in own]
        rows = rows.filter(pl.any_horizontal(pl.lit(False), *(pl.col(name).is_not_null() for name in spoken)))
    others = [
        pl.col(_table_of(name)).alias(name) for name in rule.known_by if _table_of(name) in links.columns
    ]
    rows = rows.join(links.select(ROW, *others), on=ROW, maintain_order="left") if others else rows
    return rows.join(_parents(rule, links), on=ROW, maintain_order="left")


def _table_of(link: str) -> str:
    return link.removesuffix("_id")


def _undated(rows: pl.DataFrame) -> pl.DataFrame:
    return issue(rows.filter(pl.col("year").is_null()), pl.col(TARGET), "no_year")


def _nowhere(rows: pl.DataFrame, link: str) -> pl.DataFrame:
    return issue(rows, pl.lit(f"place.{_table_of(link)}"), "place_missing")


def _filled_softly(rows: pl.DataFrame, known: pl.DataFrame, said: list[str]) -> pl.DataFrame:
    """Soft columns become plain ones: the sheet first; where the register is empty, what is implied."""
    soft = {name: name.removesuffix(SOFT) for name in rows.columns if name.endswith(SOFT)}
    if not soft:
        return rows
    old = known.select(KEY, *(pl.col(name).alias(f"{_OLD}{name}") for name in soft.values()))
    rows = rows.join(old, on=KEY, how="left", maintain_order="left")
    for name, plain in soft.items():
        implied = pl.when(pl.col(f"{_OLD}{plain}").is_null()).then(pl.col(name))
        own = [pl.col(plain)] if plain in said else []
        rows = rows.with_columns(pl.coalesce(*own, implied).alias(plain))
    return rows.drop(*soft, *(f"{_OLD}{plain}" for plain in soft.values()))


def _against_register(
    rows: pl.DataFrame, known: pl.DataFrame, table: Table, rule: RowRule, said: list[str]
) -> Iterator[pl.DataFrame]:
    """What differs from the register where it should not, and new rows that lie nowhere."""
    keys = {name for key in rule.keys for name in key}
    old = known.select(KEY, *(pl.col(name).alias(f"{_OLD}{name}") for name in said if name in known.columns))
    both = rows.join(old, on=KEY, how="left", maintain_order="left")
    for link in rule.needs:
        lost = both.filter(pl.col(IS_NEW) & pl.col(link).is_null() & pl.col(f"{_OLD}{link}").is_null())
        yield _nowhere(lost, link)
    for name in said:
        column = table.columns.get(name)
        if name in rule.stays:
            code = "other_household"
        elif name in table.link_columns and not rule.keeps:
            code = "place_differs"
        elif column is not None and rule.existing and name not in keys:
            code = "differs_from_register"
        elif column is not None and column.fixed and name not in keys:
            code = "changes_fixed"
        else:
            continue
        target = f"place.{_table_of(name)}" if code == "place_differs" else f"{table.id}.{name}"
        yield issue(both.filter(pl.col(name) != pl.col(f"{_OLD}{name}")), pl.lit(target), code)


def _against_each_other(
    rows: pl.DataFrame, rule: RowRule, table: str, said: list[str]
) -> Iterator[pl.DataFrame]:
    """Rows of one sheet that are one row of the table: forbidden, or they have to agree."""
    target = pl.col(TARGET) if TARGET in rows.columns else pl.lit(key_cell(rule, rows.columns))
    if rule.once or rule.wide:
        twice = rows.filter(pl.col(KEY).is_duplicated())
        if twice.height:
            other = (
                pl.when(pl.col(ROW) == pl.col(ROW).min()).then(pl.col(ROW).max()).otherwise(pl.col(ROW).min())
            )
            yield issue(twice, target, "duplicate_row", (other.over(KEY) + 1).cast(pl.String))
        return
    for name in said:
        pairs = rows.select(KEY, name).drop_nulls().unique()
        if pairs[KEY].is_duplicated().any():
            filled = rows.filter(pl.col(name).is_not_null())
            first = filled.with_columns(
                pl.col(name).first().over(KEY).alias(_OLD), (pl.col(ROW).first().over(KEY) + 1).alias(_FIRST)
            )
            differing = first.filter(pl.col(name) != pl.col(_OLD))
            yield issue(
                differing, pl.lit(f"{table}.{name}"), "differs_in_sheet", pl.col(_FIRST).cast(pl.String)
            )


def _against_sheets(
    rows: pl.DataFrame, said_before: pl.DataFrame, table: str, said: list[str]
) -> Iterator[pl.DataFrame]:
    """What an earlier sheet of the same import says otherwise."""
    shared = [name for name in said if name in said_before.columns]
    old = said_before.select(KEY, *(pl.col(name).alias(f"{_OLD}{name}") for name in shared))
    both = rows.join(old, on=KEY, how="left", maintain_order="left")
    for name in shared:
        differing = both.filter(pl.col(name) != pl.col(f"{_OLD}{name}"))
        target = pl.col(TARGET) if TARGET in rows.columns else pl.lit(f"{table}.{name}")
        yield issue(differing, target, "differs_between_sheets")


def issue(rows: pl.DataFrame, target: pl.Expr, code: str, detail: pl.Expr | None = None) -> pl.DataFrame:
    """Issues of `rows` (`_row`, and `_sheet` if they have it), columns as `staging.ISSUES`."""
    return rows.select(
        *(name for name in (SHEET,) if name in rows.columns),
        pl.col(ROW).alias("row"),
        target.alias("target"),
        pl.lit(code).alias("code"),
        (pl.lit(None, pl.String) if detail is None else detail).alias("detail"),
    )
