"""The register on disk."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from bangfu.core.errors import RegisterError
from bangfu.core.register import (
    ChangeSet,
    Kind,
    ParquetRegister,
    Receipt,
    Succession,
    create_register,
    creates,
    durable,
    fold,
    open_register,
    successors,
    updates,
)
from bangfu.core.register import cache as cache_module
from bangfu.core.register import log as log_module
from bangfu.core.register import store as store_module
from tests.unit.register.test_folding import histories, sets_of, village
from tests.unit.register.worlds import (
    DAY,
    HOME,
    PERSON,
    VOCABULARY,
    batch,
    change_set,
    founding,
    resize,
    same_state,
)

KEY = b"a key that the office keeps"


def reopened(register: ParquetRegister, key: bytes | None = None) -> ParquetRegister:
    return open_register(register.folder, key, VOCABULARY)


@pytest.fixture
def register(tmp_path: Path) -> ParquetRegister:
    made = create_register(tmp_path / "register", vocabulary=VOCABULARY)
    assert made.append(founding()) == Receipt(1, True)
    return made


def code_of(raised: pytest.ExceptionInfo[RegisterError]) -> str:
    return raised.value.problems[0].code


def test_what_was_appended_is_there_when_it_is_opened_again(register: ParquetRegister) -> None:
    register.append(resize("2", register.state(), {1: 5, 2: None}))
    again = reopened(register)
    assert again.seq == 2
    assert again.state().rows(HOME)["size"].to_list() == [5, None]
    assert [entry.batch.kind for entry in again.batches()] == [Kind.IMPORT, Kind.IMPORT]
    assert same_state(again.state(), register.state())


def test_the_product_vocabulary_is_the_default(tmp_path: Path) -> None:
    made = create_register(tmp_path / "register")
    assert "income_item" in made.vocabulary.tables
    assert made.state().seq == 0


def test_the_same_batch_twice_changes_nothing(register: ParquetRegister) -> None:
    assert register.append(founding()) == Receipt(1, False)
    assert reopened(register).append(founding()) == Receipt(1, False)
    assert register.seq == 1


def test_a_batch_that_says_nothing_is_not_written(register: ParquetRegister) -> None:
    assert register.append(change_set("2", {})) == Receipt(1, False)
    assert register.seq == 1


def test_what_another_process_wrote_is_seen(register: ParquetRegister) -> None:
    other = reopened(register)
    other.append(resize("2", other.state(), {1: 7}))
    assert register.state().rows(HOME)["size"].to_list() == [7, 1]
    with pytest.raises(RegisterError) as raised:
        register.append(resize("3", register.state(1), {1: 8}))
    assert code_of(raised) == "register.conflict"
    assert register.seq == 2


def test_as_of_a_number_and_a_day(register: ParquetRegister) -> None:
    register.append(resize("2", register.state(), {1: 5}, on=date(2020, 6, 1)))
    assert register.state(1).rows(HOME)["size"].to_list() == [2, 1]
    assert register.state(date(2020, 5, 31)).rows(HOME)["size"].to_list() == [2, 1]
    assert register.state(date(2020, 6, 1)).rows(HOME)["size"].to_list() == [5, 1]


def test_undo_while_nothing_later_depends_on_it(register: ParquetRegister) -> None:
    before = register.state()
    register.append(resize("2", before, {1: 5, 2: None}))
    register.append(resize("3", register.state(), {1: 6}))
    with pytest.raises(RegisterError) as raised:
        register.undo(2, batch("u2"))
    assert code_of(raised) == "register.depended_on"
    assert "第 2 批不能撤销：后来的第 3 批" in str(raised.value)
    assert register.undo(3, batch("u3")) == Receipt(4, True)
    assert register.undo(3, batch("u3")) == Receipt(4, False)
    assert register.undo(2, batch("u2")) == Receipt(5, True)
    assert same_state(register.state(), before)
    assert register.batches()[-1].batch.kind is Kind.UNDO
    assert register.undone() == {2, 3}
    with pytest.raises(RegisterError) as raised:
        register.undo(2, batch("again"))
    assert code_of(raised) == "register.undone"


def test_an_undo_may_be_undone(register: ParquetRegister) -> None:
    register.append(resize("2", register.state(), {1: 5}))
    after = register.state()
    register.undo(2, batch("u2"))
    register.undo(3, batch("u3"))
    assert same_state(register.state(), after)
    register.undo(2, batch("again"))
    assert register.state().rows(HOME)["size"].to_list() == [2, 1]


def test_rows_that_others_hang_on_cannot_be_taken_back(register: ParquetRegister) -> None:
    people = creates(PERSON, pl.DataFrame({"person_id": [4], "household_id": [2]}))
    register.append(change_set("2", {"person": people}))
    with pytest.raises(RegisterError) as raised:
        register.undo(1, batch("u1"))
    assert code_of(raised) == "register.depended_on"
    assert "后来的第 2 批" in str(raised.value)


def test_an_import_that_was_undone_may_come_again(register: ParquetRegister) -> None:
    file = change_set(
        "file", {"person": creates(PERSON, pl.DataFrame({"person_id": [4], "household_id": [2]}))}
    )
    register.append(file)
    register.undo(2, batch("u"))
    assert register.append(file) == Receipt(4, True)


def test_another_change_that_was_undone_stays_undone_when_a_client_repeats_it(
    register: ParquetRegister,
) -> None:
    visit = resize("visit", register.state(), {1: 3})
    visit = replace(visit, batch=replace(visit.batch, kind=Kind.CORRECTION))
    register.append(visit)
    register.undo(2, batch("u"))
    assert register.append(visit) == Receipt(2, False)


def test_there_is_no_such_batch(register: ParquetRegister) -> None:
    for seq in (0, 2):
        with pytest.raises(RegisterError, match=f"没有第 {seq} 批"):
            register.read(seq)


def test_reading_a_batch_gives_what_was_written(register: ParquetRegister) -> None:
    read = register.read(1)
    assert read.batch == founding().batch
    assert read.tables["person"]["full_name"].to_list() == ["甲", "乙", "丙"]


def test_successions_are_kept_and_taken_back(register: ParquetRegister) -> None:
    split = replace(
        resize("2", register.state(), {1: 1}),
        successors=successors("household", [(1, 2)], Succession.SPLIT, DAY),
    )
    register.append(split)
    assert reopened(register).state().successors.rows() == [("household", 1, 2, "split", DAY)]
    register.undo(2, batch("u"))
    assert reopened(register).state().successors.height == 0


# Who may read it


def test_files_are_private_to_the_user(register: ParquetRegister) -> None:
    register.append(resize("2", register.state(), {1: 5}))
    for path in [register.folder, *register.folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_folder_opened_to_others_is_closed_again(register: ParquetRegister) -> None:
    register.folder.chmod(0o755)
    reopened(register)
    assert stat.S_IMODE(register.folder.stat().st_mode) == 0o700


def test_an_encrypted_register_needs_its_key(tmp_path: Path) -> None:
    register = create_register(tmp_path / "r", KEY, VOCABULARY)
    register.append(founding())
    register.append(resize("2", register.state(), {1: 5}))
    assert reopened(register, KEY).state().rows(PERSON)["full_name"].to_list() == ["甲", "乙", "丙"]
    for key, says in ((None, "登记库已加密，需要密钥"), (b"another", "密钥不对")):
        with pytest.raises(RegisterError, match=says):
            reopened(register, key)


def test_a_key_for_a_register_that_has_none_is_refused(register: ParquetRegister) -> None:
    with pytest.raises(RegisterError, match="没有加密"):
        reopened(register, KEY)


@pytest.mark.parametrize("key", [None, KEY])
def test_nothing_personal_lies_readable_in_an_encrypted_register(
    tmp_path: Path, key: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_CACHE_ROWS", 0)
    register = create_register(tmp_path / "r", key, VOCABULARY)
    name = "某村民的姓名很长"
    people = creates(PERSON, pl.DataFrame({"person_id": [4], "household_id": [2], "full_name": [name]}))
    register.append(founding())
    register.append(change_set("2", {"person": people}))
    assert reopened(register, key).state().rows(PERSON)["full_name"][-1] == name
    content = b"".join(path.read_bytes() for path in register.folder.rglob("*") if path.is_file())
    assert (name.encode() in content) is (key is None)
    assert (b"full_name" in content) is (key is None)
    assert KEY not in content


def test_an_encrypted_file_put_in_anothers_place_is_refused(tmp_path: Path) -> None:
    register = create_register(tmp_path / "r", KEY, VOCABULARY)
    register.append(founding())
    cipher = register._log.cipher
    assert cipher is not None
    assert KEY.decode() not in repr(cipher)
    assert cipher.master.hex() not in repr(cipher)
    path = register.folder / "log" / "00000001" / "person.parquet"
    with pytest.raises(OSError, match="decryption"):
        log_module.read_parquet(path, cipher, "2/person")


# What goes wrong


def test_no_register_there(tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as raised:
        open_register(tmp_path)
    assert code_of(raised) == "register.missing"


def test_a_register_is_not_made_over_something(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(RegisterError) as raised:
            create_register(taken)
        assert code_of(raised) == "register.exists"


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert create_register(tmp_path, vocabulary=VOCABULARY).seq == 0


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ('{"format": 2}', "register.format"),
        ('{"format": 2, "colour": "red"}', "register.format"),
        ("{}}", "register.damaged"),
    ],
)
def test_a_header_not_understood(register: ParquetRegister, header: str, code: str) -> None:
    (register.folder / "register.json").write_text(header)
    with pytest.raises(RegisterError) as raised:
        reopened(register)
    assert code_of(raised) == code


def test_one_writer_at_a_time(register: ParquetRegister) -> None:
    with (register.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RegisterError) as raised:
            register.append(resize("2", register.state(), {1: 5}))
        assert code_of(raised) == "register.busy"
        assert reopened(register).state().seq == 1  # reading goes on
    assert register.append(resize("2", register.state(), {1: 5})).is_new


def test_a_half_written_batch_is_ignored_and_cleared(register: ParquetRegister) -> None:
    half = register.folder / "log" / ".00000002.partial"
    half.mkdir()
    (half / "person.parquet").write_bytes(b"PAR1")
    assert reopened(register).seq == 1
    assert register.append(resize("2", register.state(), {1: 5})) == Receipt(2, True)
    assert not half.exists()


@pytest.mark.parametrize("length", [0, 4, 100])
def test_a_truncated_table_is_refused(register: ParquetRegister, length: int) -> None:
    path = register.folder / "log" / "00000001" / "person.parquet"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(RegisterError) as raised:
        reopened(register).state()
    assert code_of(raised) == "register.damaged"


def test_a_table_that_is_gone_is_refused(register: ParquetRegister) -> None:
    (register.folder / "log" / "00000001" / "person.parquet").unlink()
    with pytest.raises(RegisterError, match=r"person\.parquet"):
        reopened(register).state()


def test_a_table_that_is_no_parquet_though_its_hash_is_right(
    register: ParquetRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = register.folder / "log" / "00000001" / "person.parquet"
    path.write_bytes(b"not Parquet at all")
    digest, truly = register.batches()[0].tables["person"].hash, log_module._hash
    monkeypatch.setattr(
        log_module, "_hash", lambda content: digest if content[:3] == b"not" else truly(content)
    )
    with pytest.raises(RegisterError, match=r"person\.parquet"):
        register.read(1)


@pytest.mark.parametrize("damage", ["altered", "torn", "gone", "gap", "renumbered", "without manifest"])
def test_a_log_that_was_tampered_with_does_not_open(register: ParquetRegister, damage: str) -> None:
    for seq in (2, 3):
        register.append(resize(str(seq), register.state(), {1: seq}))
    second = register.folder / "log" / "00000002"
    manifest = second / "manifest.json"
    if damage == "altered":
        manifest.write_text(manifest.read_text().replace("officer", "someone"))
    elif damage == "torn":
        manifest.write_bytes(manifest.read_bytes()[:50])
    elif damage == "gone":
        for path in second.iterdir():
            path.unlink()
        second.rmdir()
    elif damage == "gap":
        second.rename(second.with_name("00000009"))
    elif damage == "renumbered":
        manifest.write_text(manifest.read_text().replace('"seq": 2', '"seq": 5'))
    else:
        manifest.unlink()
    with pytest.raises(RegisterError) as raised:
        reopened(register).state()
    assert code_of(raised) == "register.damaged"


def test_a_batch_that_another_process_publishes_this_moment_is_no_gap(register: ParquetRegister) -> None:
    register.append(resize("2", register.state(), {1: 5}))
    log = reopened(register)._log
    log.entries()
    log._entries.pop()
    log._seals.pop()
    log._require_no_gap()


# The kept state


@pytest.fixture
def caching(register: ParquetRegister, monkeypatch: pytest.MonkeyPatch) -> ParquetRegister:
    """A register that keeps its folded state after every batch."""
    monkeypatch.setattr(store_module, "_CACHE_ROWS", 0)
    reopened(register).state()
    return register


def kept(register: ParquetRegister) -> list[str]:
    return sorted(path.name for path in (register.folder / "state").iterdir())


def test_the_folded_state_is_kept_and_used(caching: ParquetRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(caching) == ["00000001"]
    monkeypatch.setattr(log_module.Log, "read", lambda *_: pytest.fail("replayed"))
    assert reopened(caching).state().rows(PERSON).height == 3


def test_a_stale_state_is_brought_up_to_date(caching: ParquetRegister) -> None:
    caching.append(resize("2", caching.state(), {1: 5}))
    assert reopened(caching).state().rows(HOME)["size"].to_list() == [5, 1]
    assert kept(caching) == ["00000002"]


def test_many_small_batches_are_kept_too(register: ParquetRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_CACHE_BATCHES", 1)
    reopened(register).state()
    assert not (register.folder / "state").exists()
    register.append(resize("2", register.state(), {1: 5}))
    reopened(register).state()
    assert kept(register) == ["00000002"]


@pytest.mark.parametrize(
    "damage", ["truncated", "altered", "gone", "other layout", "other log", "ahead", "no list"]
)
def test_a_kept_state_that_cannot_be_trusted_is_rebuilt(
    caching: ParquetRegister, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = caching.folder / "state" / "00000001"
    person, manifest = folder / "person.parquet", folder / "manifest.json"
    if damage == "truncated":
        manifest.write_bytes(manifest.read_bytes()[:20])
    elif damage == "altered":
        pq.write_table(pl.DataFrame({"person_id": [1]}).to_arrow(), person)
    elif damage == "gone":
        person.unlink()
    elif damage == "no list":
        manifest.write_text(manifest.read_text().replace("successors_", "household"))
    elif damage == "other layout":
        monkeypatch.setattr(cache_module, "state_schema", lambda table: {"another": 1})
    elif damage == "other log":
        monkeypatch.setattr(log_module.Log, "seals", ["", "another"])
    else:
        monkeypatch.setattr(cache_module.CachedState, "seq", 5, raising=False)
        folder.rename(folder.with_name("00000005"))
        manifest = folder.with_name("00000005") / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"seq":1', '"seq":5'))
    assert reopened(caching).state().rows(PERSON).height == 3


def test_a_state_that_cannot_be_kept_does_no_harm(
    register: ParquetRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_CACHE_ROWS", 0)
    monkeypatch.setattr(cache_module, "write_parquet", raiser(OSError(errno.ENOSPC, "full")))
    assert reopened(register).state().rows(PERSON).height == 3
    assert kept(register) == []


def raiser(error: BaseException) -> Any:
    def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse


# The disk fails, or the process is killed, at every step in turn


class Killed(BaseException):
    """The process ended here: nothing after it runs."""


STEPS = ("mkdir", "open", "fsync", "chmod", "rename")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make the n-th of the calls that touch the disk raise; returns how many there were."""
    state: dict[str, Any] = {"calls": 0, "at": -1, "error": None}

    def watched(call: Any) -> Any:
        def step(*args: Any, **kwargs: Any) -> Any:
            state["calls"] += 1
            if state["calls"] == state["at"]:
                raise state["error"]
            return call(*args, **kwargs)

        return step

    for name in STEPS:
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    monkeypatch.setattr(log_module, "write_parquet", watched(log_module.write_parquet))
    monkeypatch.setattr(Path, "write_text", watched(Path.write_text))
    yield state
    state["at"] = -1


def steps_of(state: dict[str, Any], register: ParquetRegister, changes: ChangeSet) -> int:
    state["calls"] = 0
    register.append(changes)
    return int(state["calls"])


def test_a_full_disk_changes_nothing_at_whatever_step(tmp_path: Path, failing: Any) -> None:
    probe = create_register(tmp_path / "probe", vocabulary=VOCABULARY)
    steps = steps_of(failing, probe, founding())
    assert steps > 10
    for at in range(1, steps + 1):
        register = create_register(tmp_path / str(at), vocabulary=VOCABULARY)
        failing |= {"calls": 0, "at": at, "error": OSError(errno.ENOSPC, "no space")}
        with pytest.raises(RegisterError) as raised:
            register.append(founding())
        failing["at"] = -1
        assert code_of(raised) == "register.not_written"
        again = reopened(register)
        in_place = at > steps - 2  # the last two steps sync the folder after the rename: the batch is there
        assert again.seq == in_place
        assert again.append(founding()).is_new is not in_place
        assert register.state().rows(PERSON).height == again.state().rows(PERSON).height == 3
        assert sorted(path.name for path in (register.folder / "log").iterdir()) == ["00000001"]


def test_a_kill_at_whatever_step_leaves_all_or_nothing(
    tmp_path: Path, failing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of(failing, create_register(tmp_path / "probe", vocabulary=VOCABULARY), founding())
    for at in range(1, steps + 1):
        register = create_register(tmp_path / str(at), vocabulary=VOCABULARY)
        failing |= {"calls": 0, "at": at, "error": Killed()}
        with monkeypatch.context() as patch:
            patch.setattr(log_module, "discard", lambda _: None)  # the dead clear nothing away
            with pytest.raises(Killed):
                register.append(founding())
        failing["at"] = -1
        again = reopened(register)
        assert again.seq in (0, 1)
        assert again.state().rows(PERSON).height == 3 * again.seq
        again.append(founding())
        assert again.state().rows(PERSON).height == 3
        assert sorted(path.name for path in (register.folder / "log").iterdir()) == ["00000001"]


def test_a_disk_that_gives_no_number_of_its_error_is_quoted(tmp_path: Path, failing: Any) -> None:
    failing |= {"calls": 0, "at": 1, "error": OSError("the share went away")}
    with pytest.raises(RegisterError, match="没有写成，内容未变：the share went away"):
        create_register(tmp_path / "r")


def test_a_full_disk_while_the_register_is_made(tmp_path: Path, failing: Any) -> None:
    failing |= {"calls": 0, "at": 1, "error": OSError(errno.ENOSPC, "no space")}
    with pytest.raises(RegisterError, match="没有写成"):
        create_register(tmp_path / "r")


def test_nothing_can_be_published_over_what_is_there(tmp_path: Path) -> None:
    final = tmp_path / "final"
    final.mkdir()
    (final / "file").touch()
    partial = durable.stage(final)
    with pytest.raises(OSError, match="not empty"):
        durable.publish(partial, final)


@given(histories())
@settings(deadline=None, max_examples=15)
def test_the_register_is_the_fold_of_its_log(
    tmp_path_factory: pytest.TempPathFactory, frames: list[pl.DataFrame]
) -> None:
    register = create_register(tmp_path_factory.mktemp("r") / "r", vocabulary=VOCABULARY)
    register.append(village())
    for seq, changes in sets_of(frames):
        table = changes.tables["household"].with_columns(pl.col("base_version") + 1)
        sent = replace(changes, tables={"household": table})
        receipt = register.append(sent)
        assert receipt.is_new == bool(table.height)
        if not table.height:  # an empty batch takes no number: keep the numbers of the history
            register.append(change_set(f"{seq}+", {"village": bump(register)}))
        assert register.append(sent).is_new is False
    replayed = fold(((e.seq, register.read(e.seq)) for e in register.batches()), VOCABULARY)
    assert same_state(reopened(register).state(), replayed)
    assert same_state(register.state(), replayed)


def bump(register: ParquetRegister) -> pl.DataFrame:
    table = VOCABULARY.tables["village"]
    rows = pl.DataFrame({"village_id": [1], "division_code": [str(register.seq)]})
    return updates(table, rows, register.state().rows(table))
