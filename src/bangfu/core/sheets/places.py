"""Names of divisions in a sheet → codes of divisions, never picking one of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from bangfu.core.divisions import Division, Divisions, Level
from bangfu.core.sheets.staging import ISSUES, ROW

_LEVELS = {
    "province": Level.PROVINCE,
    "prefecture": Level.CITY,
    "county": Level.COUNTY,
    "township": Level.TOWNSHIP,
    "village": Level.VILLAGE,
}
_TABLES = {"county": Level.COUNTY, "township": Level.TOWNSHIP, "village": Level.VILLAGE}
_CODE = "village_code"
_PLACE = "_place"  # number of a combination of names
_SHOWN = 4


@dataclass(frozen=True)
class Places:
    """Where the rows of a sheet lie.

    `frame`: `_row`; `<table>.division_code` and `<table>.division_name` of county, township and village, null
    where the sheet does not say; `group.group_name`. `issues`: as `staging.ISSUES`.
    """

    frame: pl.DataFrame
    issues: pl.DataFrame


@dataclass(frozen=True)
class _Found:
    """The divisions of a combination of names from the top down; or the level of the wrong name, and why."""

    chain: tuple[Division, ...] = ()
    level: str = ""
    code: str | None = None
    detail: str | None = None


def locate(frame: pl.DataFrame, divisions: Divisions, within: str | None) -> Places:
    """Look up the place of every row of a staged frame; each combination of names once.

    `within`: code of the office's own division; names are sought below it only. A sheet that names no place
    lies in `within`. Raises DivisionError if `within` is unknown.
    """
    home = divisions.chain(within) if within else ()
    written = [level for level in (*_LEVELS, _CODE) if f"place.{level}" in frame.columns]
    names = frame.select(ROW, *(pl.col(f"place.{level}").alias(level) for level in written))
    if written:
        combinations = names.select(written).unique(maintain_order=True).with_row_index(_PLACE)
        names = names.join(combinations, on=written, how="left", nulls_equal=True, maintain_order="left")
        found = [_find(row, divisions, home) for row in combinations.iter_rows(named=True)]
    else:
        names = names.with_columns(pl.lit(0, pl.UInt32).alias(_PLACE))
        found = [_Found(home)]
    placed = names.select(ROW, _PLACE).join(_table(found), on=_PLACE, how="left", maintain_order="left")
    group = frame["place.group"] if "place.group" in frame.columns else pl.lit(None, pl.String)
    issues = placed.filter(pl.col("code").is_not_null()).select(
        pl.col(ROW).alias("row"), (pl.lit("place.") + pl.col("level")).alias("target"), "code", "detail"
    )
    located = placed.select(ROW, *(name for name in placed.columns if "." in name))
    return Places(located.with_columns(group.alias("group.group_name")), issues.cast(ISSUES))


def _table(found: list[_Found]) -> pl.DataFrame:
    columns: dict[str, list[str | None]] = {
        "level": [one.level for one in found],
        "code": [one.code for one in found],
        "detail": [one.detail for one in found],
    }
    for table, level in _TABLES.items():
        here = [next((d for d in one.chain if d.level is level), None) for one in found]
        columns[f"{table}.division_code"] = [d.code if d else None for d in here]
        columns[f"{table}.division_name"] = [d.name if d else None for d in here]
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_row_index(_PLACE)


def _find(names: Mapping[str, str | None], divisions: Divisions, home: tuple[Division, ...]) -> _Found:
    if code := names.get(_CODE):
        village = divisions.find(code)
        if village is None or village.level is not Level.VILLAGE:
            return _Found(level=_CODE, code="place_unknown")
        return _Found(divisions.chain(village.code))
    candidates, lowest = list(home[-1:]), ""
    for level, depth in _LEVELS.items():
        name = names.get(level)
        if name is None:
            continue
        lowest = level
        own = next((division for division in home if division.level is depth), None)
        if own is None:
            candidates = _below(name, depth, candidates, divisions)
            if not candidates:
                return _Found(level=level, code="place_unknown")
        elif own not in divisions.search(name, level=depth):
            return _Found(level=level, code="place_outside", detail=own.name)
    if len(candidates) > 1:
        full = ["".join(d.name for d in divisions.chain(c.code)) for c in candidates[:_SHOWN]]
        return _Found(level=lowest, code="place_ambiguous", detail="、".join(full))
    return _Found(divisions.chain(candidates[0].code)) if candidates else _Found()


def _below(name: str, depth: Level, above: list[Division], divisions: Divisions) -> list[Division]:
    found: dict[str, Division] = {}
    scopes: list[str | None] = [division.code for division in above]
    for within in scopes or [None]:
        found |= {division.code: division for division in divisions.search(name, level=depth, within=within)}
    return list(found.values())
