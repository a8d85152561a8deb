"""bangfu batches and undo: what was written, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bangfu.core.register import open_register
from tests.functional.cli.conftest import Command
from tests.unit.sheets.books import Rows, write_xlsx

HEADER = ["乡", "村", "户编号", "户类型", "当前家庭人口数"]
ROWS = [
    ["南湖洲镇", "南边社区", "9900000001", "脱贫户", 3],
    ["南湖洲镇", "南边社区", "9900000002", "脱贫户", 2],
]


def imported(bangfu: Command, folder: Path, name: str, rows: Rows) -> None:
    book = write_xlsx(folder / f"{name}.xlsx", {"户信息": [["南湖洲镇户信息表"], HEADER, *rows]})
    done = bangfu("import", book, "--register", folder / "登记库", "--within", "430624119000",
                  "--effective-on", "2018-12-31")  # fmt: skip
    assert done.exit_code == 0, (done.output, done.exception)


def test_a_kind_of_sheet_that_does_not_exist_is_refused(bangfu: Command, tmp_path: Path) -> None:
    book = write_xlsx(tmp_path / "a.xlsx", {"户信息": [HEADER, *ROWS]})
    refused = str(bangfu("import", book, "--register", tmp_path / "r", "--layout", "户表").exception)
    assert "没有这种表：户表 可用：户信息表" in refused
    assert not (tmp_path / "r").exists()


@pytest.fixture
def library(tmp_path: Path, bangfu: Command) -> Path:
    """A register of two batches: two households, then one of them grown."""
    imported(bangfu, tmp_path, "户信息表", ROWS)
    imported(bangfu, tmp_path, "户信息表改", [[*ROWS[0][:4], 4]])
    return tmp_path / "登记库"


def sizes(library: Path) -> dict[str, int]:
    homes = open_register(library).state().tables["household"]
    return dict(homes.select("household_code", "headcount").iter_rows())


def test_what_was_written_is_listed(library: Path, bangfu: Command) -> None:
    told = bangfu("batches", library).output
    assert "户信息表.xlsx" in told
    assert "户信息表改.xlsx" in told
    assert "2018-12-31" in told
    assert "共 2 批" in told
    listed = json.loads(bangfu("batches", library, "--json").stdout)
    assert [(entry["batch"], entry["kind"], entry["undone"]) for entry in listed] == [
        (1, "import", False),
        (2, "import", False),
    ]


def test_a_batch_is_tried_undone_and_brought_back(library: Path, bangfu: Command) -> None:
    tried = bangfu("undo", library, 2, "--dry-run")
    assert "没有写入" in tried.output
    assert open_register(library).seq == 2
    done = bangfu("undo", library, 2, "--reason", "导错了表")
    assert "已撤销第 2 批，记为第 3 批" in done.output, done.exception
    assert sizes(library) == {"9900000001": 3, "9900000002": 2}
    told = bangfu("batches", library).output
    assert "导错了表" in told
    assert "已撤销" in told
    assert "撤销第 2 批" in told
    assert "第 2 批已经撤销过" in str(bangfu("undo", library, 2).exception)
    back = bangfu("undo", library, 3, "--json")
    assert json.loads(back.stdout) == {
        "batch": 4,
        "undoes": 3,
        "tables": {"household": {"remove": 0, "update": 1, "create": 0}},
    }
    assert sizes(library)["9900000001"] == 4


def test_what_later_batches_rest_on_stays(library: Path, bangfu: Command) -> None:
    for more in ((), ("--dry-run",)):
        refused = bangfu("undo", library, 1, *more)
        assert "第 1 批不能撤销：后来的第 2 批改动了其中的内容" in str(refused.exception)
        assert "请从最后一批起先撤销这些批次" in str(refused.exception)
    assert open_register(library).seq == 2
    bangfu("undo", library, 2)
    done = bangfu("undo", library, 1)
    assert "收回新增" in done.output, done.exception
    assert sizes(library) == {}


def test_the_same_files_may_come_again(library: Path, bangfu: Command) -> None:
    bangfu("undo", library, 2)
    imported(bangfu, library.parent, "户信息表改", [[*ROWS[0][:4], 4]])
    assert sizes(library)["9900000001"] == 4


def test_there_is_no_such_batch(library: Path, bangfu: Command) -> None:
    assert "没有第 9 批" in str(bangfu("undo", library, 9).exception)
