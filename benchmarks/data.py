"""Invented snapshots of any size, drawn by DuckDB: about 5 % unmet and 5 % unknown per criterion of the plan.

`unknowns=False` gives the same registers without any gap, for tools that know only true and false.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import load_vocabulary

ROW_GROUP = 122_880
VILLAGE = 500  # households in a village
_SQL_TYPES = {"int64": "BIGINT", "string": "VARCHAR", "date32[day]": "DATE", "bool": "BOOLEAN"}

_FLAGS = [
    "grain_enough",
    "has_seasonal_clothes",
    "has_warm_bedding",
    "water_safe",
    "has_sanitary_toilet",
    "has_power",
    "has_production_power",
    "has_broadcast",
    "in_cooperative",
    "in_poverty_system",
]
_PAIRED = ["kitchen_clean", "rooms_clean", "toilet_clean", "people_clean"]
_PERSON_FLAGS = [
    "critical_illness",
    "doctor_contracted",
    "in_poverty_system",
    "in_residence_booklet",
    "medical_aid_covered",
    "id_valid",
    "resident_medical",
    "resident_pension",
]


def write_registers(folder: Path, households: int, unknowns: bool) -> Mapping[str, Path]:
    """Write household, person and income_item, sorted by household; returns their files."""
    folder.mkdir(parents=True, exist_ok=True)
    queries = {
        "household": _households(households, unknowns),
        "person": _persons(households, unknowns),
        "income_item": _incomes(households, unknowns),
    }
    files: dict[str, Path] = {}
    for table, query in queries.items():
        files[table] = folder / f"{table}.parquet"
        write_table(files[table], table, query)
    return files


def write_table(path: Path, table: str, query: str) -> None:
    """One table of a snapshot in the order in which the query gives it; what it does not name stays empty."""
    if path.exists():
        return
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        drawn = {name for name, *_ in connection.execute(f"DESCRIBE {query}").fetchall()}
        columns = ", ".join(
            f'CAST({f""" "{field.name}" """ if field.name in drawn else "NULL"} AS '
            f'{_SQL_TYPES.get(str(field.type), "DECIMAL(18, 2)")}) AS "{field.name}"'
            for field in arrow_schema(load_vocabulary().tables[table])
        )
        partial = path.with_suffix(".partial")
        connection.execute(
            f"COPY (SELECT {columns} FROM ({query})) TO '{partial}' "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
        partial.rename(path)


def _roll(salt: int, key: str = "h") -> str:
    """A number from 0 to 9,999, the same for the same row in every run."""
    return f"CAST(hash({key} * 1000 + {salt}) % 10000 AS INT)"


def _tri(salt: int, key: str, unmet: int, unknown: int, unknowns: bool) -> str:
    gap = f" WHEN {_roll(salt, key)} < {unmet + unknown} THEN NULL" if unknowns else ""
    return f"CASE WHEN {_roll(salt, key)} < {unmet} THEN FALSE{gap} ELSE TRUE END"


def _gap(salt: int, key: str, share: int, value: str, unknowns: bool) -> str:
    return f"CASE WHEN {_roll(salt, key)} < {share} THEN NULL ELSE {value} END" if unknowns else value


_SIZE = (
    f"CASE WHEN {_roll(1)} < 500 THEN 4 + {_roll(2)} % 3 ELSE 1 + {_roll(2)} % 6 END"  # 1: many old people
)
_ITEMS = f"CASE WHEN {_roll(3)} < 500 THEN 1 ELSE 4 + {_roll(4)} % 3 END"


def _households(count: int, unknowns: bool) -> str:
    u = unknowns
    flags = [f"{_tri(10 + i, 'h', 500, 500, u)} AS {name}" for i, name in enumerate(_FLAGS)]
    pairs = [f"{_tri(30 + i, 'h', 250, 250, u)} AS {name}" for i, name in enumerate(_PAIRED)]
    wrong = f"{_roll(50)} < 500"  # the household's size was noted wrongly
    return f"""SELECT h + 1 AS household_id, h // {
        VILLAGE
    } + 1 AS village_id, 'registered' AS household_status,
        {", ".join(flags)}, {", ".join(pairs)}, {_tri(40, "h", 500, 500, u)} AS yard_clean,
        {_tri(40, "h", 500, 500, u)} AS yard_tidy, NOT ({_tri(41, "h", 500, 500, u)}) AS in_dangerous_house,
        {
        _gap(
            42,
            "h",
            500,
            f"CASE WHEN {_roll(43)} < 500 THEN 'C' WHEN {_roll(43)} < 5000 THEN 'B' ELSE 'A' END",
            u,
        )
    }
          AS housing_grade,
        {
        _gap(
            44,
            "h",
            500,
            f"CASE WHEN {_roll(45)} < 500 THEN 'earth' WHEN {_roll(45)} < 3000 THEN 'asphalt' "
            "ELSE 'concrete' END",
            u,
        )
    } AS road_kind,
        {_gap(46, "h", 500, f"CASE WHEN {_roll(47)} < 1000 THEN 'clean' ELSE 'wood' END", u)} AS fuel,
        {_gap(48, "h", 500, f"CASE WHEN {_roll(49)} < 500 THEN 11 ELSE 0 END + {_roll(49)} % 900 / 100.0", u)}
          AS road_distance,
        {_gap(51, "h", 500, f"CASE WHEN {wrong} THEN 13 ELSE {_SIZE} END", u)} AS headcount,
        CASE WHEN {_roll(52)} < 500 THEN 12.5 * ({_SIZE}) ELSE 169 + {
        _roll(53)
    } % 500 / 10.0 END AS housing_area,
        {_gap(54, "h", 200, "DATE '2019-12-01'", u)} AS persons_checked_on,
        {_gap(55, "h", 200, "DATE '2019-12-31'", u)} AS income_known_to
        FROM range({count}) AS r(h)"""


def _persons(count: int, unknowns: bool) -> str:
    """Per person 1.4 % not met and 0.9 % not known come to about 5 % of households, lists never checked included."""
    u, p = unknowns, "p"
    flags = [f"{_tri(20 + i, p, 140, 90, u)} AS {name}" for i, name in enumerate(_PERSON_FLAGS)]
    is_old = f"({_roll(1)} < 500 OR {_roll(1, p)} < 500)"
    is_child = f"{_roll(1, p)} BETWEEN 500 AND 2300"
    birth = (
        f"CASE WHEN {is_old} THEN DATE '1940-01-01' WHEN {is_child} THEN DATE '2004-06-01' "
        f"ELSE DATE '1962-01-01' END + {_roll(2, p)} % 2500"
    )
    out_of_school = f"({is_child} AND {_roll(3, p)} < 800)"
    idle, untold = f"{_roll(60)} < 500", f"{_roll(60)} < 900"  # the household's workers
    no_job, untold_job = f"{_roll(61)} < 500", f"{_roll(61)} < 900"
    labour = (
        f"CASE WHEN {idle} THEN 'none' WHEN {untold} THEN {'NULL' if u else chr(39) + 'none' + chr(39)} "
        f"WHEN {_roll(4, p)} < 140 THEN 'lost' WHEN n = 0 THEN 'ordinary' WHEN {_roll(4, p)} < 4000 THEN 'skilled' "
        f"ELSE 'none' END"
    )
    months = (
        f"CASE WHEN {no_job} THEN {_roll(5, p)} % 6 WHEN {untold_job} THEN {'NULL' if u else '3'} "
        f"WHEN n = 0 THEN 6 + {_roll(5, p)} % 7 ELSE {_roll(5, p)} % 10 END"
    )
    return f"""SELECT p + 1 AS person_id, h + 1 AS household_id, {", ".join(flags)},
        CASE WHEN {_roll(26, p)} < 3000 THEN {_tri(26, p, 140, 90, u)} ELSE FALSE END AS employee_medical,
        {_gap(6, p, 60, birth, u)} AS birth_date,
        CASE WHEN {out_of_school} THEN 'illiterate' {f"WHEN {_roll(7, p)} < 200 THEN NULL" if u else ""}
          ELSE 'junior' END AS education,
        CASE WHEN {is_child} AND NOT {out_of_school} {f"AND {_roll(7, p)} >= 200" if u else ""} THEN 'primary' END
          AS schooling,
        {labour} AS labour, {months} AS work_months,
        CASE WHEN {_roll(8, p)} < 1000 THEN 'serious' WHEN {_roll(8, p)} < 3000 THEN 'chronic' ELSE 'healthy' END
          AS health,
        CASE WHEN {_roll(8, p)} < 140 THEN FALSE {f"WHEN {_roll(8, p)} < 280 THEN NULL" if u else ""} ELSE TRUE END
          AS illness_aided
        FROM (SELECT h, n, h * 8 + n AS p FROM
              (SELECT h, UNNEST(range({_SIZE})) AS n FROM range({count}) AS r(h)))"""


def _incomes(count: int, unknowns: bool) -> str:
    """Five items a household: wages first, then the other kinds."""
    u, i = unknowns, "i"
    poor = f"{_roll(70)} < 500"
    amount = (
        f"CASE WHEN n = 0 AND {_roll(71)} < 500 THEN {_roll(2, i)} % 900 "
        f"WHEN {poor} THEN 1000 + {_roll(2, i)} % 500 ELSE 3700 * ({_SIZE}) + {_roll(2, i)} END"
    )
    return f"""SELECT i + 1 AS income_item_id, h + 1 AS household_id, 2019 AS "year",
        CASE n WHEN 0 THEN 'wage' ELSE list_value('business', 'property', 'transfer', 'wage')[1 + {_roll(1, i)} % 4]
          END AS source,
        {_gap(3, i, 60, amount, u)} AS amount,
        NOT ({_tri(4, i, 100, 60, u)}) AS is_forecast, NOT ({_tri(5, i, 100, 60, u)}) AS from_failed_project
        FROM (SELECT h, n, h * 8 + n AS i FROM
              (SELECT h, UNNEST(range({_ITEMS})) AS n FROM range({count}) AS r(h)))"""
