"""The log of who looked at whose data."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from bangfu.core.errors import RegisterError
from bangfu.core.register import Access, ParquetRegister, create_register
from bangfu.core.register import access as access_module
from tests.unit.register.worlds import VOCABULARY

LOOK = Access(
    at=datetime(2020, 1, 2, tzinfo=UTC),
    by="officer",
    action="explain",
    purpose="户主来访",
    subjects={"household": [7]},
)


@pytest.fixture
def register(tmp_path: Path) -> ParquetRegister:
    return create_register(tmp_path / "r", vocabulary=VOCABULARY)


def test_looks_are_written_down_in_order_with_keys_only(register: ParquetRegister) -> None:
    assert register.accesses() == []
    second = LOOK.model_copy(update={"action": "export", "subjects": {"household": [1, 2]}})
    register.record_access(LOOK)
    register.record_access(second)
    assert register.accesses() == [LOOK, second]
    path = register.folder / "access.jsonl"
    assert json.loads(path.read_text().splitlines()[0])["subjects"] == {"household": [7]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("purpose", ["", "  ", "查 13800000000", "查110105194912310020"])
def test_a_purpose_is_given_and_holds_no_personal_number(register: ParquetRegister, purpose: str) -> None:
    with pytest.raises(RegisterError) as raised:
        register.record_access(LOOK.model_copy(update={"purpose": purpose}))
    assert raised.value.problems[0].code == "register.purpose"
    assert register.accesses() == []


def test_subjects_are_keys_and_the_moment_has_a_zone() -> None:
    with pytest.raises(ValidationError):
        Access(**{**LOOK.model_dump(), "subjects": {"person": ["张三"]}})
    with pytest.raises(ValidationError):
        Access(**{**LOOK.model_dump(), "at": "2020-01-01T00:00:00"})


def test_a_line_torn_by_a_kill_costs_no_other(register: ParquetRegister) -> None:
    register.record_access(LOOK)
    with (register.folder / "access.jsonl").open("a") as stream:
        stream.write('{"at": "2020')
    register.record_access(LOOK)
    assert register.accesses() == [LOOK, LOOK]


def test_no_look_without_a_line(register: ParquetRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(access_module.os, "fsync", full)
    with pytest.raises(RegisterError) as raised:
        register.record_access(LOOK)
    assert raised.value.problems[0].code == "register.not_written"
