"""The register on the database is the core's register: same columns, same fold, same refusals, same snapshot."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, models

from bangfu.core.errors import RegisterError
from bangfu.core.register import VERSION, ChangeSet, Kind, correction, creates, deaths
from bangfu.core.snapshots import write_snapshot
from bangfu.core.vocabulary import ColumnType
from bangfu.web.registry import log, writing
from bangfu.web.registry import state as state_module
from bangfu.web.registry.actions import apply_changes, undo_batch
from bangfu.web.registry.households import history
from bangfu.web.registry.models import ChangeBatch
from bangfu.web.registry.presenting import UNITS
from bangfu.web.registry.rows import MODELS, VOCABULARY, index_columns, is_sealed, row_model, rows
from bangfu.web.registry.snapshots import snapshot_register
from bangfu.web.registry.state import rows_of, state_of_households, whole_state
from tests.web import world

PLAIN: dict[ColumnType, type[models.Field[object, object]]] = {
    ColumnType.TEXT: models.TextField,
    ColumnType.CODE: models.TextField,
    ColumnType.CODES: models.TextField,
    ColumnType.INT: models.BigIntegerField,
    ColumnType.DECIMAL: models.DecimalField,
    ColumnType.DATE: models.DateField,
    ColumnType.BOOL: models.BooleanField,
}


@pytest.mark.parametrize("name", VOCABULARY.tables)
def test_a_model_has_every_column_of_the_vocabulary(name: str) -> None:
    table = VOCABULARY.tables[name]
    fields = {field.attname: field for field in MODELS[name]._meta.concrete_fields}
    derived = {index for column in table.columns.values() for index in index_columns(column)}
    assert set(fields) == {table.key, *table.link_columns, *table.columns, "row_version"} | derived
    for column in table.columns.values():
        field = fields[column.id]
        assert field.null
        assert is_sealed(column) or isinstance(field, PLAIN[column.type])
    for link in table.links:
        if link.column:
            assert fields[link.column].related_model is MODELS[link.parent]


def test_the_database_is_the_one_asked_for() -> None:
    assert connection.vendor == os.environ.get("BANGFU_TEST_DATABASE", "sqlite")


def test_every_unit_can_be_said() -> None:
    declared = {column.unit for table in VOCABULARY.tables.values() for column in table.columns.values()}
    assert declared - {None} == UNITS


def test_current_rows_are_the_fold_of_the_log() -> None:
    folded = whole_state()
    for table in VOCABULARY.tables.values():
        keys = list(rows(table.id).values_list("pk", flat=True))
        assert rows_of(table, "pk", keys).equals(folded.rows(table).sort(table.key)), table.id


def test_personal_numbers_are_closed_at_rest() -> None:
    values = [world.phone(1), world.id_number(10), world.id_number(11), "某种大病", "某路1号"]
    with connection.cursor() as cursor:
        for name in ("register_household", "register_person", "registry_changesegment"):
            cursor.execute(f"SELECT * FROM {name}")
            text = b" ".join(
                bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode()
                for row in cursor
                for v in row
            )
            assert not [value for value in values if value.encode() in text], name


def test_what_is_closed_shows_its_ends_and_opens_on_demand() -> None:
    phone = rows("household").get(pk=1).phone
    assert str(phone) == "19*******01"
    assert phone.reveal() == world.phone(1)
    assert world.phone(1) not in repr(phone)


def test_keys_can_be_changed() -> None:
    call_command("rotate_keys", "--same-key", verbosity=0)
    assert rows("household").get(pk=1).phone.reveal() == world.phone(1)
    assert log.first_broken() is None
    assert whole_state().rows(VOCABULARY.tables["household"]).height == 12


def test_the_same_batch_twice_is_applied_once() -> None:
    group = {"group": pl.DataFrame({"group_id": [1], "village_id": [1], "group_name": ["一组"]})}
    first, second = world.change("group", group), world.change("group", group)
    assert (first.is_new, second.is_new, second.seq) == (True, False, first.seq)


def test_many_rows_arrive_as_few_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_COPY_FROM", 1)
    monkeypatch.setattr(writing, "_AT_ONCE", 2)
    village = VOCABULARY.tables["village"]
    world.change("areas", {"patch": pl.DataFrame({"patch_id": range(1, 6), "village_id": [1, 1, 2, 3, 4]})})
    frame = pl.DataFrame({"village_id": [1, 2, 3], "exited_on": [world.SINCE] * 3})
    state = state_of_households([1, 4, 7])
    apply_changes(by=world.TEST, change_set=correction(state, VOCABULARY, world.said("v"), "village", frame))
    for table in (village, VOCABULARY.tables["patch"]):
        assert rows_of(table, "pk", range(9)).equals(whole_state().rows(table))
    assert rows("village").get(pk=3).exited_on == world.SINCE


@pytest.mark.parametrize("whole_from", [0, 5_000], ids=["all of the log", "the rows at hand"])
def test_a_row_that_moved_meanwhile_is_a_conflict(whole_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "WHOLE_FROM", whole_from)
    state = state_of_households([1])
    frame = pl.DataFrame({"household_id": [1], "headcount": [3]})
    mine = correction(state, VOCABULARY, world.said("mine"), "household", frame)
    theirs = correction(
        state,
        VOCABULARY,
        world.said("theirs"),
        "household",
        frame.with_columns(headcount=pl.lit(4, pl.Int64)),
    )
    apply_changes(by=world.TEST, change_set=theirs)
    with pytest.raises(RegisterError, match="别的批次"):
        apply_changes(by=world.TEST, change_set=mine)
    assert rows("household").get(pk=1).headcount == 4


@pytest.mark.parametrize("whole_from", [0, 5_000], ids=["all of the log", "the rows at hand"])
def test_a_row_without_its_parent_is_refused(whole_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "WHOLE_FROM", whole_from)
    lost = creates(VOCABULARY.tables["person"], pl.DataFrame({"person_id": [999], "household_id": [999]}))
    with pytest.raises(RegisterError, match="上级"):
        apply_changes(by=world.TEST, change_set=ChangeSet(world.said("lost"), {"person": lost}))
    assert not rows("person").filter(pk=999).exists()


def test_a_lawful_change_of_the_core_is_applied_and_taken_back() -> None:
    before = whole_state()
    state = state_of_households([1])
    died = deaths(state, VOCABULARY, world.said("died", Kind.DEATH), pl.Series([11]))
    receipt = apply_changes(by=world.TEST, change_set=died)
    assert not rows("person").filter(pk=11).exists()
    assert rows("household").get(pk=1).headcount == 1
    undo_batch(by=world.TEST, seq=receipt.seq, batch=world.said("undo", Kind.UNDO))
    after = whole_state()
    for table in (VOCABULARY.tables["person"], VOCABULARY.tables["household"]):
        assert after.rows(table).equals(before.rows(table))
        assert rows_of(table, "pk", after.rows(table)[table.key]).equals(after.rows(table))
    with pytest.raises(RegisterError, match="撤销过"):
        undo_batch(by=world.TEST, seq=receipt.seq, batch=world.said("again", Kind.UNDO))


def test_history_names_batches_and_columns() -> None:
    frame = pl.DataFrame({"household_id": [1], "headcount": [3]})
    made = correction(state_of_households([1]), VOCABULARY, world.said("fix"), "household", frame)
    apply_changes(by=world.TEST, change_set=made)
    newest, oldest = history(1)
    assert (newest[0].source, newest[1]) == ("test fix", [("household", ["headcount"])])
    assert [name for name, _ in oldest[1]] == ["household", "person"]


def test_a_snapshot_is_the_cores(tmp_path: Path) -> None:
    made = snapshot_register(date(2018, 12, 31), tmp_path / "web")
    tables = {name: frame.drop(VERSION) for name, frame in whole_state().tables.items()}
    other = write_snapshot(tables, date(2018, 12, 31), tmp_path / "core", made.source)
    assert made.content_hash == other.content_hash
    household = pl.read_parquet(made.tables["household"])
    assert {"phone", "head_name", "head_id_number"}.isdisjoint(household.columns)


def test_an_altered_batch_is_named() -> None:
    assert log.first_broken() is None
    ChangeBatch.objects.filter(seq=1).update(source="somewhere else")
    assert log.first_broken() == 1
    with pytest.raises(CommandError, match="1"):
        call_command("verify")


def test_a_value_opens_in_its_own_column_only() -> None:
    sealed = rows("household").get(pk=1).phone.sealed
    row_model("household").objects.filter(pk=1).update(address=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE register_household SET address = %s WHERE household_id = 1", [sealed])
    with pytest.raises(Exception, match="does not open"):
        rows("household").get(pk=1).address.reveal()
    assert settings.KEYRING.newest == sealed[0]
