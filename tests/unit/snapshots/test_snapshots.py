"""Snapshots: the same bytes every time, keys only, and nothing opened that was touched."""

from __future__ import annotations

import errno
import json
import stat
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.core.errors import SnapshotError
from bangfu.core.register import Batch, ChangeSet, Kind, create_register, creates
from bangfu.core.snapshots import Snapshot, arrow_schema, open_snapshot, snapshot_register, write_snapshot
from bangfu.core.snapshots import write as write_module
from bangfu.core.vocabulary import ColumnType, Sensitivity, load_vocabulary
from tests.unit.register.worlds import DAY, HOME, MOMENT, PERSON, VOCABULARY, change_set, founding, resize

HOMES = pl.DataFrame(
    {
        "household_id": [3, 1, 2],
        "phone": ["13800000000", None, None],
        "area": [Decimal("1.50"), None, Decimal("0.10")],
        "seen_on": [date(2020, 1, 1), None, None],
    }
)
PEOPLE = pl.DataFrame({"person_id": [1, 2, 3], "household_id": [2, 1, 1], "full_name": ["甲", "乙", "丙"]})


def written(folder: Path, **tables: Any) -> Snapshot:
    return write_snapshot(tables or {"household": HOMES, "person": PEOPLE}, DAY, folder, "test", VOCABULARY)


def problems_of(write: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(SnapshotError) as raised:
        write()
    return [(problem.code.removeprefix("snapshot."), problem.where) for problem in raised.value.problems]


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_snapshot_is_opened_as_it_was_written(tmp_path: Path) -> None:
    snapshot = written(tmp_path / "s")
    assert open_snapshot(tmp_path / "s", VOCABULARY) == snapshot
    assert (snapshot.as_of, snapshot.rows, snapshot.source) == (DAY, {"household": 3, "person": 3}, "test")
    people = pl.read_parquet(snapshot.tables["person"])
    assert people.rows() == [(2, 1), (3, 1), (1, 2)]  # by household
    for name in ("household", "person"):
        assert pq.read_schema(snapshot.tables[name]) == arrow_schema(VOCABULARY.tables[name])
        assert pq.ParquetFile(snapshot.tables[name]).metadata.row_group(0).column(0).compression == "ZSTD"


def test_the_same_input_gives_the_same_bytes_in_whatever_form_and_order(tmp_path: Path) -> None:
    written(tmp_path / "a")
    written(tmp_path / "b", person=PEOPLE.reverse().lazy(), household=HOMES.to_arrow())
    by_household = PEOPLE.sort("household_id", "person_id")
    written(tmp_path / "c", household=iter([HOMES.sort("household_id")]),
            person=[by_household.head(1), by_household.clear(), by_household.tail(2)])  # fmt: skip
    assert content_of(tmp_path / "a") == content_of(tmp_path / "b") == content_of(tmp_path / "c")


@given(st.permutations(range(9)), st.lists(st.integers(0, 9), max_size=4))
@settings(deadline=None, max_examples=25)
def test_row_groups_do_not_depend_on_how_rows_arrive(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("s")
    rows = pl.DataFrame({"household_id": range(9)})
    edges = [0, *sorted(cuts), 9]
    parts = [rows[start:end] for start, end in pairwise(edges)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_module, "ROW_GROUP", 4)
        whole, split = (
            written(folder / "whole", household=rows[order]),
            written(folder / "parts", household=parts),
        )
    assert whole.content_hash == split.content_hash
    assert pq.ParquetFile(split.tables["household"]).num_row_groups == 3


def test_writing_the_same_again_leaves_it_and_another_is_refused(tmp_path: Path) -> None:
    first = written(tmp_path / "s")
    moment = (tmp_path / "s" / "manifest.json").stat().st_mtime_ns
    assert written(tmp_path / "s") == first
    assert (tmp_path / "s" / "manifest.json").stat().st_mtime_ns == moment
    assert problems_of(lambda: written(tmp_path / "s", household=HOMES)) == [("exists", str(tmp_path / "s"))]
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_an_empty_folder_will_do_and_parents_are_made(tmp_path: Path) -> None:
    (tmp_path / "a" / "s").mkdir(parents=True)
    written(tmp_path / "a" / "s")
    written(tmp_path / "b" / "c" / "s")


def test_files_are_private_and_read_only(tmp_path: Path) -> None:
    written(tmp_path / "s")
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").iterdir()} == {0o400}


def test_an_empty_table_was_looked_at_and_an_absent_one_was_not(tmp_path: Path) -> None:
    snapshot = written(tmp_path / "s", household=HOMES, person=[])
    assert snapshot.rows == {"household": 3, "person": 0}
    assert pl.read_parquet(snapshot.tables["person"]).height == 0
    assert open_snapshot(tmp_path / "s", VOCABULARY).tables.keys() == {"household", "person"}


# Nobody is named in a snapshot


def test_no_column_and_no_byte_says_who_somebody_is(tmp_path: Path) -> None:
    """Every table of the product, each cell of each identifying column filled with a mark."""
    vocabulary = load_vocabulary()
    samples: dict[ColumnType, object] = {
        ColumnType.TEXT: "x",
        ColumnType.INT: 1,
        ColumnType.DECIMAL: Decimal("1.00"),
        ColumnType.DATE: DAY,
        ColumnType.BOOL: True,
    }
    mark = "李四110105194912310020"
    frames = {}
    for table in vocabulary.tables.values():
        row: dict[str, object] = dict.fromkeys((table.key, *table.link_columns), 1)
        for column in table.columns.values():
            listed = (
                next(iter(vocabulary.code_list(column).labels)) if column.codes else samples.get(column.type)
            )
            row[column.id] = mark if column.sensitivity is Sensitivity.IDENTITY else listed
        frames[table.id] = pl.DataFrame([row])
    batch = Batch("b", Kind.IMPORT, "x", DAY, MOMENT, "o", "k")
    register = create_register(tmp_path / "r", vocabulary=vocabulary)
    register.append(
        ChangeSet(batch, {name: creates(vocabulary.tables[name], frame) for name, frame in frames.items()})
    )
    snapshot = snapshot_register(register, DAY, tmp_path / "s")
    assert snapshot.tables.keys() == vocabulary.tables.keys()
    for name, path in snapshot.tables.items():
        columns = vocabulary.tables[name].columns
        held = pl.read_parquet(path)
        assert not [c for c in held.columns if c in columns and not columns[c].in_snapshot]
        assert mark not in held.row(0)
        assert mark.encode() not in path.read_bytes()
    assert mark not in (snapshot.folder / "manifest.json").read_text()


def test_a_register_is_shown_as_of_a_day(tmp_path: Path) -> None:
    register = create_register(tmp_path / "r", vocabulary=VOCABULARY)
    register.append(founding())
    register.append(resize("2", register.state(), {1: 9}, on=date(2020, 6, 1)))
    early = snapshot_register(register, date(2020, 5, 31), tmp_path / "early")
    late = snapshot_register(register, date(2020, 6, 1), tmp_path / "late", source="年中")
    assert [pl.read_parquet(s.tables["household"])["size"][0] for s in (early, late)] == [2, 9]
    assert (early.source, late.source) == ("register:2", "年中")
    assert early.tables.keys() == {"village", "household", "person"}


def test_a_day_before_anything_took_effect_is_no_empty_success(tmp_path: Path) -> None:
    register = create_register(tmp_path / "r", vocabulary=VOCABULARY)
    register.append(founding(on=date(2020, 6, 1)))
    assert problems_of(lambda: snapshot_register(register, date(2020, 5, 31), tmp_path / "s")) == [
        ("empty", str(register.folder))
    ]


def test_rows_that_took_effect_before_their_parents_are_told(tmp_path: Path) -> None:
    register = create_register(tmp_path / "r", vocabulary=VOCABULARY)
    register.append(founding(on=date(2020, 6, 1)))
    early = creates(PERSON, pl.DataFrame({"person_id": [4], "household_id": [1]}))
    home = creates(HOME, pl.DataFrame({"household_id": [5]}))
    register.append(change_set("2", {"person": early, "household": home}))
    assert problems_of(lambda: snapshot_register(register, DAY, tmp_path / "s")) == [
        ("no_parent", "person.household_id")
    ]


# What is refused


def test_undeclared_tables_and_columns_are_refused(tmp_path: Path) -> None:
    assert problems_of(lambda: written(tmp_path / "s", planet=HOMES)) == [("unknown_table", "planet")]
    odd = HOMES.with_columns(colour=pl.lit("red"))
    assert problems_of(lambda: written(tmp_path / "s", household=odd)) == [
        ("unknown_column", "household.colour")
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ({"household_id": [1, 1]}, ("key_repeated", "household.household_id")),
        ({"household_id": [1, None]}, ("key_missing", "household.household_id")),
        ({"size": [1, 2]}, ("key_missing", "household.household_id")),
        ({"household_id": [1], "area": [0.125]}, ("wrong_type", "household.area")),
        ({"household_id": [1], "size": [1.5]}, ("wrong_type", "household.size")),
        ({"household_id": [1.5]}, ("wrong_type", "household.household_id")),
        ({"household_id": [1], "safe": ["maybe"]}, ("wrong_type", "household.safe")),
    ],
)
def test_values_that_do_not_fit_are_refused(
    tmp_path: Path, rows: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert problems_of(lambda: written(tmp_path / "s", household=pl.DataFrame(rows))) == [problem]
    assert not (tmp_path / "s").exists()


def test_values_of_drivers_that_disagree_are_cast_without_loss(tmp_path: Path) -> None:
    rows = pa.table(
        {
            "household_id": pa.array([1], pa.int32()),
            "area": pa.array([Decimal("12.3400")], pa.decimal128(38, 4)),
            "seen_on": pa.array([date(2020, 2, 2)]).cast(pa.timestamp("us")),
            "safe": pa.array([1], pa.int8()),
            "road": pa.array(["mud"]).dictionary_encode(),
        }
    )
    snapshot = written(tmp_path / "s", household=rows)
    row = pl.read_parquet(snapshot.tables["household"]).row(0, named=True)
    assert (row["area"], row["seen_on"], row["safe"], row["road"]) == (
        Decimal("12.34"),
        date(2020, 2, 2),
        True,
        "mud",
    )


def test_parts_that_come_out_of_order_are_refused(tmp_path: Path) -> None:
    parts = [HOMES.sort("household_id").tail(1), HOMES.sort("household_id").head(2)]
    assert problems_of(lambda: written(tmp_path / "s", household=parts)) == [("order", "household")]


def test_keys_are_not_repeated_across_parts(tmp_path: Path) -> None:
    parts = [pl.DataFrame({"person_id": [1], "household_id": [home]}) for home in (1, 2)]
    assert problems_of(lambda: written(tmp_path / "s", person=parts)) == [
        ("key_repeated", "person.person_id")
    ]


def test_a_row_of_a_parent_that_is_not_there_is_refused(tmp_path: Path) -> None:
    lost = PEOPLE.with_columns(household_id=pl.lit(9))
    assert problems_of(lambda: written(tmp_path / "s", household=HOMES, person=lost)) == [
        ("no_parent", "person.household_id")
    ]
    written(tmp_path / "s", person=lost)  # without the parents' table nobody can tell


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write_module, "publish", refuse)


@pytest.mark.usefixtures("full")
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    assert problems_of(lambda: written(tmp_path / "s")) == [("not_written", str(tmp_path / "s"))]
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".s.partial").mkdir()
    (tmp_path / ".s.partial" / "person.parquet").write_bytes(b"PAR1")
    written(tmp_path / "s")
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


# What is not opened


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    made = written(tmp_path / "s")
    for path in made.folder.iterdir():
        path.chmod(0o600)
    return made


def refusal(folder: Path, verify: bool = True) -> list[tuple[str, str]]:
    return [
        (code, Path(where).name)
        for code, where in problems_of(lambda: open_snapshot(folder, VOCABULARY, verify=verify))
    ]


def edit_manifest(snapshot: Snapshot, **values: Any) -> None:
    path = snapshot.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_no_snapshot_there(tmp_path: Path) -> None:
    assert refusal(tmp_path) == [("missing", tmp_path.name)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": "one"}'])
def test_a_manifest_that_is_none(snapshot: Snapshot, text: str) -> None:
    (snapshot.folder / "manifest.json").write_text(text)
    assert refusal(snapshot.folder) == [("manifest", "manifest.json")]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"format": 2}, "format"),
        ({"format": 2, "colour": "red"}, "format"),
        ({"colour": "red"}, "tampered"),
        ({"as_of": "2021-01-01"}, "tampered"),
        ({"source": "elsewhere"}, "tampered"),
        ({"tables": {}}, "tampered"),
        ({"content_hash": "0" * 64}, "tampered"),
    ],
)
def test_a_manifest_that_was_altered(snapshot: Snapshot, values: dict[str, Any], code: str) -> None:
    edit_manifest(snapshot, **values)
    assert refusal(snapshot.folder) == [(code, "manifest.json")]


def test_every_damaged_file_is_named(snapshot: Snapshot) -> None:
    home, person = snapshot.tables["household"], snapshot.tables["person"]
    content = bytearray(home.read_bytes())
    content[60] ^= 1
    home.write_bytes(content)
    person.unlink()
    (snapshot.folder / "benefit.parquet").write_bytes(b"PAR1")
    assert refusal(snapshot.folder) == [
        ("damaged", "household.parquet"),
        ("file_missing", "person.parquet"),
        ("foreign_file", "benefit.parquet"),
    ]


def test_a_truncated_file_is_refused_even_unverified(snapshot: Snapshot) -> None:
    home = snapshot.tables["household"]
    home.write_bytes(home.read_bytes()[:-1])
    assert refusal(snapshot.folder, verify=False) == [("damaged", "household.parquet")]
    home.write_bytes(bytes(len(home.read_bytes()) + 1))
    assert refusal(snapshot.folder, verify=False) == [("damaged", "household.parquet")]


def test_a_link_to_a_file_elsewhere_is_refused(snapshot: Snapshot, tmp_path: Path) -> None:
    home = snapshot.tables["household"]
    home.rename(tmp_path / "elsewhere.parquet")
    home.symlink_to(tmp_path / "elsewhere.parquet")
    assert refusal(snapshot.folder) == [("file_missing", "household.parquet")]


def resealed(snapshot: Snapshot, **tables: Any) -> None:
    """What a forger would do: a consistent manifest over other files."""
    from bangfu.core.snapshots.manifest import Manifest

    path = snapshot.folder / "manifest.json"
    edit_manifest(snapshot, tables=tables)
    path.write_text(Manifest.model_validate_json(path.read_text()).sealed().model_dump_json())


def entry_of(path: Path, name: str | None = None) -> dict[str, Any]:
    from bangfu.core.snapshots.manifest import file_hash

    return {"file": name or path.name, "rows": 1, "bytes": path.stat().st_size, "hash": file_hash(path)}


def test_a_snapshot_of_another_vocabulary_is_refused(snapshot: Snapshot) -> None:
    home, person = snapshot.tables["household"], snapshot.tables["person"]
    pq.write_table(pa.table({"person_id": [1], "full_name": ["甲"]}), person)
    resealed(snapshot, household=entry_of(home), person=entry_of(person))
    assert refusal(snapshot.folder) == [("schema", "person.parquet")]
    resealed(snapshot, household=entry_of(home), planet=entry_of(person))
    assert refusal(snapshot.folder) == [("foreign_table", "person.parquet")]
    resealed(snapshot, household=entry_of(home), person=entry_of(person, "../person.parquet"))
    assert ("foreign_table", "person.parquet") in refusal(snapshot.folder)


def test_every_problem_says_what_to_do_in_chinese(snapshot: Snapshot) -> None:
    snapshot.tables["person"].unlink()
    with pytest.raises(
        SnapshotError, match=r"person\.parquet: 快照缺少一张表的文件 请从登记库重新生成快照。"
    ):
        open_snapshot(snapshot.folder, VOCABULARY)


def test_a_list_that_some_parent_was_checked_for_is_empty_and_not_absent(tmp_path: Path) -> None:
    frame = pl.DataFrame({"household_id": [1, 2], "persons_checked_on": [DAY, None]})
    made = write_snapshot({"household": frame}, DAY, tmp_path / "checked", "test")
    assert made.rows == {"household": 2, "person": 0}
    assert open_snapshot(tmp_path / "checked") == made
    unchecked = frame.with_columns(persons_checked_on=pl.lit(None, pl.Date))
    assert write_snapshot({"household": unchecked}, DAY, tmp_path / "not", "test").rows == {"household": 2}


def test_a_table_declared_later_may_be_absent(tmp_path: Path) -> None:
    made = written(tmp_path / "s", household=HOMES)
    assert "benefit" not in open_snapshot(tmp_path / "s", VOCABULARY).tables
    assert made.rows == {"household": 3}


def test_the_product_vocabulary_is_the_default(tmp_path: Path) -> None:
    frame = pl.DataFrame({"household_id": [1], "headcount": [3]})
    made = write_snapshot({"household": frame}, DAY, tmp_path / "s", "test")
    assert open_snapshot(tmp_path / "s") == made
