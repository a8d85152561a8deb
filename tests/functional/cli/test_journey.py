"""What the office gets, step by step, by the commands it would type."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from bangfu.core.engine.runs import open_run
from tests.functional.cli.conftest import AS_OF, PLACE, Command, import_arguments

ID_NUMBER = re.compile(r"\d{17}[\dXx]|1[3-9]\d{9}")


def test_the_same_files_twice_change_nothing(office: Path, bangfu: Command) -> None:
    again = bangfu("import", *import_arguments(office))
    assert again.exit_code == 0
    assert "没有改动" in again.output


def test_a_dry_run_writes_nothing(office: Path, bangfu: Command, tmp_path: Path) -> None:
    arguments = [
        a.replace(str(office / "register"), str(tmp_path / "none")) for a in import_arguments(office)
    ]
    result = bangfu("import", *arguments, "--dry-run", "--show", "1")
    assert result.exit_code == 0
    assert "没有写入" in result.output
    assert not (tmp_path / "none").exists()


def test_dirty_cells_are_marked_in_the_users_own_file(office: Path) -> None:
    book = openpyxl.load_workbook(next((office / "marked").glob("人口信息表*.xlsx")))
    comments = [cell.comment.text for row in book.worksheets[0].iter_rows() for cell in row if cell.comment]
    assert any("校验位不对" in text for text in comments)
    assert any("没有户主" in text for text in comments)


def test_a_snapshot_holds_no_identity(office: Path) -> None:
    for file in (office / "snapshot").glob("*.parquet"):
        assert not {"full_name", "id_number", "phone", "head_name"} & set(pl.read_parquet_schema(file))


@pytest.mark.requirement("S4-4", "S4-3")
def test_the_ledger_says_what_is_wrong_where_and_why(office: Path) -> None:
    book = openpyxl.load_workbook(office / "out" / "findings.xlsx")
    assert book.sheetnames == ["问题", "待核实", "待核实对象", "待核实明细", "说明"]
    problems = list(book["问题"].iter_rows(min_row=2, values_only=True))
    header = list(problems[0])
    wanted = ["序号", "地点", "对象", "问题", "事实", "周期", "来源条款", "整改措施", "责任人", "整改期限"]
    assert header[: len(wanted)] == wanted
    income = [row for row in problems[1:] if str(row[6]).startswith("S4-4 ")]
    assert income
    assert all(re.search(r"人均纯收入 -?[\d,.]+ 元，未超过 3,430 元", str(row[4])) for row in income)
    assert all(str(row[1]).startswith("南湖洲镇") for row in income)
    text = "\n".join(str(cell) for row in problems for cell in row)
    assert not ID_NUMBER.search(re.sub(r"99\d+", "", text))


def test_the_summary_page_needs_no_network_and_names_nobody(office: Path) -> None:
    page = (office / "out" / "summary.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "<script" not in page
    book = openpyxl.load_workbook(office / "out" / "findings.xlsx", read_only=True)
    subjects = {str(row[2]) for row in book["问题"].iter_rows(min_row=3, values_only=True)}
    people = {subject.split(" ")[0] for subject in subjects if " " in subject}
    assert people
    assert not [name for name in people if name in page]


def test_one_household_is_explained_and_the_look_is_recorded(office: Path, bangfu: Command) -> None:
    arguments = (
        "explain",
        "s4_nanhuzhou",
        office / "snapshot",
        office / "run",
        "--register",
        office / "register",
    )
    result = bangfu(*arguments, "--purpose", "入户核实", "--first", "--json")
    found = json.loads(result.output)
    assert {row["outcome"] for row in found} >= {"unmet", "met"}
    looks = [json.loads(line) for line in (office / "register" / "access.jsonl").read_text().splitlines()]
    assert (looks[-1]["action"], looks[-1]["purpose"]) == ("explain", "入户核实")
    refused = bangfu(*arguments, "--purpose", " ", "--first")
    assert refused.exception is not None
    assert "用途" in str(refused.exception)


def test_one_household_and_the_whole_township_agree(office: Path, bangfu: Command) -> None:
    run = open_run(office / "run").findings()
    by_code = pl.read_parquet(
        office / "snapshot" / "household.parquet", columns=["household_id", "household_code"]
    )
    some = by_code.sort("household_id").gather_every(97)
    for key, code in some.iter_rows():
        arguments = (
            "explain",
            "s4_nanhuzhou",
            office / "snapshot",
            office / "run",
            "--register",
            office / "register",
        )
        result = bangfu(*arguments, "--purpose", "核对", "--code", code, "--json")
        alone = {
            (row["criterion"], row["period"])
            for row in json.loads(result.output)
            if row["outcome"] in ("unmet", "unknown")
        }
        mine = run.filter((pl.col("subject") == "household") & (pl.col("subject_id") == key)).collect()
        assert alone == set(mine.select("criterion", "period").iter_rows())


def test_a_changed_figure_is_replayed_before_it_counts(office: Path, bangfu: Command, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    assert bangfu("plan", "convert", "s4_nanhuzhou", tmp_path / "plan.xlsx").exit_code == 0
    assert bangfu("plan", "convert", tmp_path / "plan.xlsx", changed).exit_code == 0
    file = changed / "parameters.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace('"3430"', '"3700"'), encoding="utf-8")
    assert "3430 → 3700" in bangfu("plan", "diff", "s4_nanhuzhou", changed).output
    flips = json.loads(bangfu("simulate", "s4_nanhuzhou", changed, office / "snapshot", "--json").output)
    assert flips["flips"]
    assert {(flip["before"], flip["after"]) for flip in flips["flips"] if flip["criterion"] == "S4-4"} == {
        (1, 2)
    }
    assert all(
        "3,700" in reason
        for flip, reason in zip(flips["flips"], flips["because"], strict=False)
        if flip["criterion"] == "S4-4"
    )
    shown = bangfu("simulate", "s4_nanhuzhou", changed, office / "snapshot", "--show", "1")
    assert "个结论会变" in shown.output
    assert bangfu("evaluate", changed, office / "snapshot", tmp_path / "run").exit_code == 0
    compared = json.loads(
        bangfu("compare", "s4_nanhuzhou", office / "run", tmp_path / "run", "--json").output
    )
    assert {row["status"] for row in compared} >= {"new", "still_open", "still_unknown"}
    assert (
        "新发现"
        in bangfu(
            "compare", "s4_nanhuzhou", office / "run", tmp_path / "run", "--history", office / "run"
        ).output
    )


def test_a_run_of_another_snapshot_is_refused(office: Path, bangfu: Command, tmp_path: Path) -> None:
    bangfu("snapshot", office / "register", tmp_path / "other", "--as-of", "2019-01-31")
    result = bangfu("export", "s4_nanhuzhou", tmp_path / "other", office / "run", tmp_path / "out",
                    "--register", office / "register", "--purpose", "试")  # fmt: skip
    assert "不是从这个快照得来的" in str(result.exception)


def test_json_everywhere(office: Path, bangfu: Command, tmp_path: Path) -> None:
    assert json.loads(
        bangfu("snapshot", office / "register", tmp_path / "s", "--as-of", AS_OF, "--json").output
    )["rows"]
    assert json.loads(bangfu("evaluate", "s4_nanhuzhou", tmp_path / "s", tmp_path / "r", "--json").output)[
        "counts"
    ]
    assert json.loads(bangfu("plan", "show", "s4_nanhuzhou", "--json").output)[0]["id"] == "S4-4"
    assert json.loads(bangfu("plan", "coverage", "s4_nanhuzhou", "--json").output)
    assert json.loads(bangfu("divisions", "南湖洲镇", "--json").output)


def test_doubtful_cells_are_questions_and_refused_ones_mistakes(
    office: Path, bangfu: Command, tmp_path: Path
) -> None:
    arguments = [
        a.replace(str(office / "register"), str(tmp_path / "none")) for a in import_arguments(office)
    ]
    said = bangfu(*("import", *arguments, "--dry-run", "--show", "1000")).stderr.splitlines()
    cells = [line for line in said if "【" in line or "：" in line]
    assert {line[0] for line in cells} >= {"?", "✕"}


def test_an_encrypted_register_needs_its_key(
    office: Path, bangfu: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    monkeypatch.setenv("BANGFU_KEY_FILE", str(key))
    books = office / "workbooks"
    arguments = ("--within", PLACE, "--effective-on", AS_OF, "--show", "0")
    made = bangfu(
        "import",
        books / "户信息表.xlsx",
        books / "人口信息表.xlsx",
        "--register",
        tmp_path / "register",
        *arguments,
    )
    assert made.exit_code == 0, made.exception
    assert bangfu("snapshot", tmp_path / "register", tmp_path / "s1", "--as-of", AS_OF).exit_code == 0
    key.write_bytes(b"x" * 32)
    assert "密钥" in str(
        bangfu("snapshot", tmp_path / "register", tmp_path / "s2", "--as-of", AS_OF).exception
    )
    monkeypatch.setenv("BANGFU_KEY_FILE", str(tmp_path / "lost"))
    assert "读不了密钥文件" in str(
        bangfu("snapshot", tmp_path / "register", tmp_path / "s3", "--as-of", AS_OF).exception
    )
    monkeypatch.delenv("BANGFU_KEY_FILE")
    assert "需要密钥" in str(
        bangfu("snapshot", tmp_path / "register", tmp_path / "s4", "--as-of", AS_OF).exception
    )
