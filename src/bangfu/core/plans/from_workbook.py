"""Read a pack from a workbook. Formulas are not followed, macros never run; what is wrong names its row."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from pydantic import BaseModel
from python_calamine import CalamineError, CalamineWorkbook

from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.columns import (
    FIRST_ROW,
    HEAD_SHEETS,
    KEY,
    VALUE,
    Column,
    addresses,
    columns_of,
)
from bangfu.core.plans.folder import find_pack
from bangfu.core.plans.load import Reading, build_pack, read_pack
from bangfu.core.plans.pack import Pack, collections
from bangfu.core.plans.problems import suggestion
from bangfu.core.plans.yaml_source import Path, Plain, Source
from bangfu.core.vocabulary import Vocabulary, load_vocabulary

FILE_BYTES = 20_000_000
UNPACKED_BYTES = 200_000_000

Row = tuple[int, dict[str, str]]  # the line as people count it, the cells' text by key


def from_workbook(path: FilePath, vocabulary: Vocabulary | None = None) -> Pack:
    """The pack in a workbook (xlsx), with what it inherits. Raises PlanError with every mistake."""
    _check_size(path)
    vocabulary = vocabulary or load_vocabulary()
    files: dict[str, _File] = {}
    problems: list[Problem] = []
    known = addresses()
    for name, keys, rows in _sheets(path):
        if name not in known:
            message = Message(N_("方案工作簿里没有“{name}”这种表。"), {"name": name})
            problems.append(Problem("plan.unknown_sheet", message, path.name, suggestion(name, known)))
            continue
        problems += [
            _said_twice(key, f"{path.name} {name}:{FIRST_ROW}") for key, n in Counter(keys).items() if n > 1
        ]
        address = known[name]
        file = address.partition(".")[0]
        files.setdefault(file, _File(path.name, problems)).add(address, name, rows)
    sources = {"cases/" if file == "cases" else file: read.source() for file, read in files.items()}

    def parent_of(extends: str) -> Reading:
        return read_pack(find_pack(extends, path.parent), vocabulary)

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return build_pack(path.stem, sources, problems, digest, vocabulary, parent_of).sound()


@dataclass
class _File:
    """What the sheets of one part of a pack say."""

    book: str
    problems: list[Problem]
    value: dict[str, Plain] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    sheets: dict[str | int, str] = field(default_factory=dict)

    def source(self) -> Source:
        return Source(self.book, self.value, self.lines, sheets=self.sheets)

    def add(self, address: str, sheet: str, rows: Sequence[Row]) -> None:
        if address in HEAD_SHEETS:
            self._add_head(address, f"{self.book} {sheet}", rows)
        else:
            self._add_list(address, f"{self.book} {sheet}", rows)

    def _add_head(self, address: str, place: str, rows: Sequence[Row]) -> None:
        columns = _columns(HEAD_SHEETS[address])
        above = () if address == "plan" else (address,)
        for line, cells in rows:
            key = cells.get(KEY, "")
            column = columns.get(key, _unknown(key))
            path = (*above, *column.path)
            self.sheets[path[0]] = place
            value = column.value_of(cells.get(VALUE, ""))
            self.lines.update((path[:depth], line) for depth in range(1, len(path)))
            self.lines.update((inner, line) for inner in _paths(path, value))
            if not _put(self.value, path, value):
                self.problems.append(_said_twice(key, f"{place}:{line}"))

    def _add_list(self, address: str, place: str, rows: Sequence[Row]) -> None:
        collection = collections()[address]
        columns = _columns(collection.model)
        self.sheets[collection.key] = place
        self.lines[collection.key,] = FIRST_ROW
        entries: list[Plain] = []
        by_id: dict[str, Plain] = {}
        for line, cells in rows:
            entry_id = cells.pop(KEY, "") if collection.is_mapping else len(entries)
            entry: dict[str, Plain] = {}
            for key, cell in cells.items():
                column = columns.get(key, _unknown(key))
                if not _put(entry, column.path, column.value_of(cell)):
                    self.problems.append(_said_twice(key, f"{place}:{line}"))
            if entry_id in by_id:
                message = Message(N_("{id} 重复。"), {"id": entry_id})
                self.problems.append(Problem("plan.duplicate_id", message, f"{place}:{line}"))
            here = (collection.key, entry_id)
            self.lines.update((inner, line) for inner in _paths(here, entry))
            by_id[str(entry_id)] = entry
            entries.append(entry)
        self.value[collection.key] = by_id if collection.is_mapping else entries


def _said_twice(key: str, where: str) -> Problem:
    remedy = Message(N_("同一项只写一处；写了 a.b 就不再写 a。"))
    return Problem("plan.said_twice", Message(N_("{key} 写了两次。"), {"key": key}), where, remedy)


def _paths(path: Path, value: Plain) -> Iterator[Path]:
    """The path of a value and of all that is inside it."""
    yield path
    if isinstance(value, (dict, list)):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths((*path, step), item)


def _put(target: dict[str, Plain], path: tuple[str, ...], value: Plain) -> bool:
    """Set a value deep in a mapping; False if something stands there, or above it, already."""
    *above, last = path
    for step in above:
        inner = target.setdefault(step, {})
        if not isinstance(inner, dict):
            return False
        target = inner
    if last in target:
        return False
    target[last] = value
    return True


def _columns(model: type[BaseModel]) -> dict[str, Column]:
    return {column.key: column for column in columns_of(model)}


def _unknown(key: str) -> Column:
    """An unknown column: the schema will complain about its key."""
    return Column(tuple(key.split(".")), "text")


def _check_size(path: FilePath) -> None:
    """Raises PlanError where the file is no workbook, or too large once unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except FileNotFoundError:
        raise PlanError(Problem("plan.not_found", Message(N_("没有这个文件。")), str(path))) from None
    except (OSError, zipfile.BadZipFile):
        raise PlanError(
            Problem("plan.not_a_workbook", Message(N_("不是 xlsx 工作簿。")), path.name)
        ) from None
    if size > UNPACKED_BYTES or path.stat().st_size > FILE_BYTES:
        raise PlanError(Problem("plan.too_large", Message(N_("工作簿太大。")), path.name))


def _sheets(path: FilePath) -> Iterator[tuple[str, list[str], list[Row]]]:
    """Name, keys and rows of each sheet; columns without a key and rows without a filled cell are left out."""
    try:
        book = CalamineWorkbook.from_path(path)
        tables = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names
        ]
    except CalamineError as error:
        message = Message(N_("工作簿读不出来：{reason}。"), {"reason": str(error)})
        raise PlanError(Problem("plan.not_a_workbook", message, path.name)) from None
    for name, table in tables:
        keys = [_cell(value) for value in table[1]] if len(table) > 1 else []
        rows = []
        for number, values in enumerate(table[FIRST_ROW:], start=FIRST_ROW + 1):
            cells = {key: _cell(value) for key, value in zip(keys, values, strict=True) if key}
            if any(cells.values()):
                rows.append((number, {key: cell for key, cell in cells.items() if cell}))
        yield name, [key for key in keys if key], rows


def _cell(value: object) -> str:
    """A cell as text, also where somebody typed a number or a date."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
