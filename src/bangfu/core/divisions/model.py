"""Administrative divisions: five levels, 12-digit codes, and from when to when each row holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import cached_property
from typing import Final

import polars as pl

from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message

SCHEMA: Final = pl.Schema(
    {
        "code": pl.String,  # 12 digits
        "name": pl.String,
        "level": pl.Int8,
        "parent": pl.String,  # code of the division above, null at the top
        "valid_from": pl.Date,  # first day; null: since ever
        "valid_to": pl.Date,  # last day; null: still
    }
)

# Endings that people leave out or write differently: 沧沟 for 沧沟乡, 关庙村 for 关庙村村民委员会.
_COMMITTEES: Final = (
    ("(村民委员会|村委会)$", "村"),
    ("(社区)?(居民委员会|居委会)$", "社区"),
    ("村村$", "村"),
)
_ENDING: Final = (
    r"^(.{2,}?)(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|自治旗|地区|林区|特区|街道办事处|街道|"
    r"民族乡|社区|省|市|县|区|州|盟|旗|乡|镇|村)$"
)


SHOWN: Final = 20  # mistakes of one kind that are shown


class Level(IntEnum):
    """How far down a division stands."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5


class DivisionError(UserError):
    """A table of divisions cannot be read, or a code is not in it."""


@dataclass(frozen=True)
class Division:
    """One place: 12-digit `code`, and the days from `valid_from` to `valid_to`, both included, on which the
    row holds (None: no limit)."""

    code: str
    name: str
    level: Level
    parent: str | None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Divisions:
    """A table of divisions, columns as in `SCHEMA`, sorted by code and first day; a code may stand there
    several times, for days that do not overlap.

    `on` in every question is the day asked about; None takes the last row of each code.
    """

    table: pl.DataFrame

    def __len__(self) -> int:
        return self.table.height

    def find(self, code: str, on: date | None = None) -> Division | None:
        """The division with this code (shorter codes are filled up with zeros), or None."""
        rows = _valid(self._with_code(padded(code)), on)
        return _division(rows.row(0)) if rows.height else None

    def get(self, code: str, on: date | None = None) -> Division:
        """The division with this code. Raises DivisionError saying whether it is unknown or not valid."""
        found = self.find(code, on)
        if found is None:
            raise self._not_found(code, on)
        return found

    def chain(self, code: str, on: date | None = None) -> tuple[Division, ...]:
        """The divisions from the top of the table down to this one. Raises DivisionError as `get` does."""
        below = self.get(code, on)
        line = [below]
        while below.parent is not None:
            below = self.get(below.parent, on)
            line.append(below)
        return tuple(reversed(line))

    def children(self, code: str, on: date | None = None) -> tuple[Division, ...]:
        """The divisions right below, by code. Raises DivisionError as `get` does."""
        rows = _valid(self.table.filter(pl.col("parent") == self.get(code, on).code), on)
        return _divisions(rows)

    def subtree(self, code: str, on: date | None = None) -> pl.DataFrame:
        """The division and everything below it, columns as in `SCHEMA`. Raises DivisionError as `get`."""
        valid = _valid(self.table, on)
        layer = valid.filter(pl.col("code") == self.get(code, on).code)
        layers = [layer]
        while layer.height:
            layer = valid.join(layer.select(parent="code"), on="parent", how="semi")
            layers.append(layer)
        return pl.concat(layers).sort("code")

    def search(
        self, name: str, on: date | None = None, level: Level | None = None, within: str | None = None
    ) -> tuple[Division, ...]:
        """Every division of that name, by code; where none is written exactly so, those that differ only in
        the ending (县, 区, 乡, 镇, 村, 村民委员会 …). `within`: only in the subtree of this code.

        Never picks one of several: the caller has to ask. Raises DivisionError for an unknown `within`.
        """
        rows = _valid(self._stems, on) if within is None else _with_stem(self.subtree(within, on))
        if level is not None:
            rows = rows.filter(pl.col("level") == int(level))
        exact = rows.filter(pl.col("name") == name.strip())
        wanted = pl.DataFrame({"name": [name.strip()]}).select(_stem(pl.col("name"))).item()
        found = exact if exact.height else rows.filter(pl.col("stem") == wanted)
        return _divisions(found.drop("stem"))

    def joined_with(self, other: Divisions) -> Divisions:
        """Both tables as one; rows that stand in both are kept once. Raises DivisionError where they give
        a code two names for the same days."""
        both = pl.concat([self.table, other.table]).sort("parent", nulls_last=True)
        return checked(both.unique(["code", "name", "valid_from", "valid_to"], keep="first"), "")

    @cached_property
    def _stems(self) -> pl.DataFrame:
        return _with_stem(self.table)

    def _with_code(self, code: str) -> pl.DataFrame:
        codes = self.table["code"]
        first = int(codes.search_sorted(code, side="left"))
        return self.table.slice(first, int(codes.search_sorted(code, side="right")) - first)

    def _not_found(self, code: str, on: date | None) -> DivisionError:
        known = _divisions(self._with_code(padded(code)))
        if not known:
            return DivisionError(
                Problem(
                    "division.unknown",
                    Message(N_("没有区划代码 {code}。"), {"code": code}),
                    remedy=Message(N_("请核对代码（12 位），或换用收录该地的区划文件。")),
                )
            )
        spans = [f"{d.name} {d.valid_from or ''}～{d.valid_to or ''}" for d in known]
        return DivisionError(
            Problem(
                "division.not_valid",
                Message(
                    N_("区划代码 {code} 在 {day} 无效，有效期：{spans}。"),
                    {"code": code, "day": on, "spans": spans},
                ),
                remedy=Message(N_("请核对日期，或改用当日有效的代码。")),
            )
        )


def padded(code: str) -> str:
    """A code of 2, 4, 6 or 9 digits filled up to 12."""
    return code.strip().ljust(12, "0")


def level_of(code: pl.Expr) -> pl.Expr:
    """The level that a 12-digit code shows by its zeros."""
    return (
        pl.when(code.str.ends_with("0" * 10))
        .then(Level.PROVINCE)
        .when(code.str.ends_with("0" * 8))
        .then(Level.CITY)
        .when(code.str.ends_with("0" * 6))
        .then(Level.COUNTY)
        .when(code.str.ends_with("0" * 3))
        .then(Level.TOWNSHIP)
        .otherwise(Level.VILLAGE)
        .cast(pl.Int8)
    )


def checked(table: pl.DataFrame, source: str) -> Divisions:
    """The table sorted, with parents filled in (the nearest code above that it holds), as Divisions.

    Raises DivisionError for a code that two rows claim on one day, and for a parent that is not in the
    table or stands no higher than its child.
    """
    ordered = _with_parents(table).sort("code", "valid_from", nulls_last=False)
    _refuse_clashes(ordered, source)
    _refuse_parents(ordered, source)
    return Divisions(ordered)


def _with_parents(table: pl.DataFrame) -> pl.DataFrame:
    known = table["code"].unique().implode()
    above = [pl.col("code").str.slice(0, digits).str.pad_end(12, "0") for digits in (9, 6, 4, 2)]
    nearest = [pl.when(code.is_in(known) & (code != pl.col("code"))).then(code) for code in above]
    filled = table.with_columns(pl.coalesce("parent", *nearest).alias("parent"))
    return filled.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _refuse_parents(ordered: pl.DataFrame, source: str) -> None:
    levels = ordered.select(parent="code", above="level").unique("parent")
    given = ordered.filter(pl.col("parent").is_not_null()).join(levels, on="parent", how="left")
    wrong = given.filter(pl.col("above").is_null() | (pl.col("above") >= pl.col("level")))
    if wrong.height:
        raise DivisionError(
            [
                Problem(
                    "division.bad_parent",
                    Message(
                        N_("区划代码 {code} 的上级代码 {parent} 不在文件中，或级别不比它高。"),
                        {"code": code, "parent": parent},
                    ),
                    source,
                    Message(N_("请改正上级代码，或留空，由代码推出上级。")),
                )
                for code, parent in wrong.select("code", "parent").head(SHOWN).rows()
            ]
        )


def _refuse_clashes(ordered: pl.DataFrame, source: str) -> None:
    before = pl.col("valid_to").shift(1)
    clash = ordered.filter(
        (pl.col("code") == pl.col("code").shift(1))
        & (before.is_null() | pl.col("valid_from").is_null() | (pl.col("valid_from") <= before))
    )
    if clash.height:
        raise DivisionError(
            [
                Problem(
                    "division.twice",
                    Message(N_("区划代码 {code}（{name}）在同一天有两行。"), {"code": code, "name": name}),
                    source,
                    Message(N_("请删去一行，或写明互不重叠的生效、失效日期。")),
                )
                for code, name in clash.select("code", "name").unique(maintain_order=True).head(SHOWN).rows()
            ]
        )


def _valid(rows: pl.DataFrame, on: date | None) -> pl.DataFrame:
    if on is None:
        return rows.unique("code", keep="last", maintain_order=True)
    starts, ends = pl.col("valid_from"), pl.col("valid_to")
    return rows.filter((starts.is_null() | (starts <= on)) & (ends.is_null() | (ends >= on)))


def _division(row: tuple[str, str, int, str | None, date | None, date | None]) -> Division:
    code, name, level, parent, valid_from, valid_to = row
    return Division(code, name, Level(level), parent, valid_from, valid_to)


def _divisions(rows: pl.DataFrame) -> tuple[Division, ...]:
    return tuple(_division(row) for row in rows.rows())


def _stem(name: pl.Expr) -> pl.Expr:
    for pattern, ending in _COMMITTEES:
        name = name.str.replace(pattern, ending)
    return name.str.replace(_ENDING, "$1")


def _with_stem(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(_stem(pl.col("name")).alias("stem"))
