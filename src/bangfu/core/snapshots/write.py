"""Write a snapshot: cast to the declared columns, sorted, without identity, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.core.errors import Problem, SnapshotError
from bangfu.core.messages import N_, Message
from bangfu.core.register import VERSION, ParquetRegister
from bangfu.core.register.columns import cast_losslessly, table_schema
from bangfu.core.register.durable import discard, publish, stage
from bangfu.core.snapshots.manifest import (
    FORMAT,
    MANIFEST,
    Manifest,
    Snapshot,
    TableEntry,
    describe,
    file_hash,
    open_snapshot,
)
from bangfu.core.snapshots.schema import (
    arrow_schema,
    schema_version,
    snapshot_columns,
    sort_columns,
    vocabulary_hash,
)
from bangfu.core.vocabulary import Link, Table, Vocabulary, load_vocabulary

ROW_GROUP = 122_880  # rows; fixed, so that the bytes do not depend on how the rows arrived
READ_ONLY = 0o400

Rows: TypeAlias = pa.Table | pl.LazyFrame | pl.DataFrame | Iterable[pl.DataFrame]


def write_snapshot(
    tables: Mapping[str, Rows], as_of: date, folder: Path, source: str, vocabulary: Vocabulary | None = None
) -> Snapshot:
    """Write `tables` (name → rows) as a snapshot of the day `as_of`.

    Rows come whole, in any order, or as an iterable of frames already sorted by `sort_columns`, which are
    written as they come. Columns that identify a person are left out; absent columns are empty. A folder
    that already holds the same snapshot is left as it is. Raises SnapshotError: an undeclared table or
    column, a value that does not fit its type without loss, a missing or repeated key, a key of a parent
    that is not there, another snapshot in `folder`, no room on the disk.
    """
    known = vocabulary or load_vocabulary()
    strangers = [name for name in tables if name not in known.tables]
    if strangers:
        raise SnapshotError(
            [_problem("unknown_table", N_("词汇表没有声明这张表"), name) for name in strangers]
        )
    try:
        return _write(tables, as_of, folder, source, known)
    except OSError as error:
        message = Message(N_("快照没有写成：{reason}"), {"reason": error.strerror or type(error).__name__})
        raise SnapshotError(Problem("snapshot.not_written", message, str(folder))) from error


def snapshot_register(
    register: ParquetRegister, as_of: date, folder: Path, source: str | None = None
) -> Snapshot:
    """Snapshot of a register as of a day, as it knows that day now.

    Raises SnapshotError as `write_snapshot`, and where nothing had taken effect by that day (an empty
    snapshot would judge nobody and look like success); RegisterError as the register.
    """
    state = register.state(as_of)
    if not state.tables:
        message = Message(N_("到 {day} 为止登记库没有内容"), {"day": as_of})
        remedy = Message(N_("请换一个日期，或在导入时写明内容从哪一天起算。"))
        raise SnapshotError(Problem("snapshot.empty", message, str(register.folder), remedy))
    tables = {name: frame.drop(VERSION) for name, frame in state.tables.items()}
    return write_snapshot(tables, as_of, folder, source or f"register:{register.seq}", register.vocabulary)


def _write(
    tables: Mapping[str, Rows], as_of: date, folder: Path, source: str, vocabulary: Vocabulary
) -> Snapshot:
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = stage(folder)
    try:
        entries = {
            name: _write_table(vocabulary.tables[name], tables[name], partial) for name in sorted(tables)
        }
        for name in _checked_and_empty(vocabulary, entries, partial):
            entries[name] = _write_table(vocabulary.tables[name], [], partial)
        _require_parents(vocabulary, entries, partial)
        manifest = Manifest(
            format=FORMAT,
            as_of=as_of,
            schema_version=schema_version(vocabulary),
            vocabulary_hash=vocabulary_hash(vocabulary),
            source=source,
            tables=entries,
        ).sealed()
        (partial / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        if folder.is_dir() and any(folder.iterdir()):
            _require_same(open_snapshot(folder, vocabulary), manifest)
        else:
            publish(partial, folder, READ_ONLY)
    finally:
        discard(partial)
    return describe(folder, manifest)


def _require_same(existing: Snapshot, manifest: Manifest) -> None:
    if existing.content_hash != manifest.content_hash:
        remedy = Message(N_("快照写成后不再改动，请换一个文件夹。"))
        message = Message(N_("这里已有另一份快照"))
        raise SnapshotError(Problem("snapshot.exists", message, str(existing.folder), remedy))


def _write_table(table: Table, rows: Rows, folder: Path) -> TableEntry:
    path = folder / f"{table.id}.parquet"
    keys: list[pl.Series] = []
    schema = arrow_schema(table)
    with pq.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
        for frame in _row_groups(_sorted_parts(table, rows)):
            keys.append(frame[table.key])
            writer.write_table(frame.to_arrow().cast(schema), row_group_size=ROW_GROUP)
    count = sum(len(part) for part in keys)
    if keys and pl.concat(keys).n_unique() != count:
        raise SnapshotError(_problem("key_repeated", N_("同一编号出现多次"), f"{table.id}.{table.key}"))
    return TableEntry(file=path.name, rows=count, bytes=path.stat().st_size, hash=file_hash(path))


def _sorted_parts(table: Table, rows: Rows) -> Iterator[pl.DataFrame]:
    """The rows cast and in order; refuses parts that come out of order."""
    order = sort_columns(table)
    if isinstance(rows, pa.Table | pl.LazyFrame | pl.DataFrame):
        yield _cast(table, rows).sort(order, nulls_last=True)
        return
    last: pl.DataFrame | None = None
    for part in rows:
        frame = _cast(table, part)
        joined = frame if last is None else pl.concat([last, frame])
        if not joined.select(order).equals(joined.select(order).sort(order, nulls_last=True)):
            raise SnapshotError(_problem("order", N_("分批写入的行没有按顺序"), table.id))
        last = frame.tail(1) if frame.height else last
        yield frame


def _cast(table: Table, rows: pa.Table | pl.LazyFrame | pl.DataFrame) -> pl.DataFrame:
    frame = _frame(rows)
    strangers = [name for name in frame.columns if name not in table_schema(table)]
    if strangers:
        raise SnapshotError(
            [
                _problem("unknown_column", N_("词汇表没有声明这一列"), f"{table.id}.{name}")
                for name in strangers
            ]
        )
    cast, lossy = cast_losslessly(frame, table_schema(table, snapshot_columns(table)))
    problems = [
        _problem("wrong_type", N_("这一列的值与声明的类型不符"), f"{table.id}.{name}") for name in lossy
    ]
    if not lossy and cast[table.key].null_count():
        problems.append(_problem("key_missing", N_("有的行没有编号"), f"{table.id}.{table.key}"))
    if problems:
        raise SnapshotError(problems)
    return cast


def _frame(rows: pa.Table | pl.LazyFrame | pl.DataFrame) -> pl.DataFrame:
    if isinstance(rows, pl.LazyFrame):
        return rows.collect()
    return rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(pl.from_arrow(rows))


def _row_groups(parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows, cut anew into frames of ROW_GROUP rows (the last one shorter)."""
    waiting: pl.DataFrame | None = None
    for part in parts:
        frame = part if waiting is None else pl.concat([waiting, part])
        full = frame.height - frame.height % ROW_GROUP
        for start in range(0, full, ROW_GROUP):
            yield frame.slice(start, ROW_GROUP)
        waiting = frame.slice(full)
    if waiting is not None and waiting.height:
        yield waiting


def _checked_and_empty(vocabulary: Vocabulary, entries: Mapping[str, TableEntry], folder: Path) -> list[str]:
    """Tables not given of which some parent says that they were checked: they have no rows. A table that is
    not in a snapshot was never checked."""

    def is_checked(link: Link) -> bool:
        if link.known_to is None or link.parent not in entries:
            return False
        told = pl.scan_parquet(folder / entries[link.parent].file, glob=False).select(
            pl.col(link.known_to).count()
        )
        return bool(told.collect().item())

    return [
        table.id
        for table in vocabulary.tables.values()
        if table.id not in entries and any(is_checked(link) for link in table.links)
    ]


def _require_parents(vocabulary: Vocabulary, entries: Mapping[str, TableEntry], folder: Path) -> None:
    """Refuse rows whose parent's table is in the snapshot but whose parent is not."""
    problems = []
    for name, entry in entries.items():
        for link in vocabulary.tables[name].links:
            if link.column is None or link.parent not in entries:
                continue
            parent = vocabulary.tables[link.parent]
            parents = pl.scan_parquet(folder / entries[link.parent].file, glob=False).select(parent.key)
            children = pl.scan_parquet(folder / entry.file, glob=False).select(link.column).drop_nulls()
            lost = children.join(parents, left_on=link.column, right_on=parent.key, how="anti")
            if lost.select(pl.len()).collect().item():
                remedy = Message(N_("请检查这些行与其上级各从哪一天起算。"))
                message = Message(N_("有的行指向这一天不存在的上级"))
                problems.append(Problem("snapshot.no_parent", message, f"{name}.{link.column}", remedy))
    if problems:
        raise SnapshotError(problems)


def _problem(code: str, template: str, where: str) -> Problem:
    return Problem(f"snapshot.{code}", Message(template), where)
