"""Tables of divisions: reading them, refusing bad ones, and asking them."""

import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.core.divisions import DivisionError, Divisions, Level, load_divisions, shipped_divisions

PLACES = """code,name
50,重庆市
5001,市辖区
500156,武隆区
500156204,沧沟乡
500156204200,关庙村村民委员会
500156204203,沧沟村村民委员会
500156204204,东风社区居委会
"""


def write(folder: Path, text: str, name: str = "places.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


@pytest.fixture
def places(tmp_path: Path) -> Divisions:
    return load_divisions(write(tmp_path, PLACES))


def names(found: object) -> list[str]:
    return [division.name for division in found]  # type: ignore[attr-defined]


def refused(path: Path) -> str:
    with pytest.raises(DivisionError) as error:
        load_divisions(path)
    return str(error.value)


def test_a_chain_goes_from_the_top_down(places: Divisions) -> None:
    chain = places.chain("500156204203")
    assert names(chain) == ["重庆市", "市辖区", "武隆区", "沧沟乡", "沧沟村村民委员会"]
    assert [division.level for division in chain] == list(Level)


def test_children_are_only_those_right_below(places: Divisions) -> None:
    assert names(places.children("500156")) == ["沧沟乡"]
    assert len(places.children("500156204")) == 3


def test_a_subtree_holds_itself_and_all_below(places: Divisions) -> None:
    assert places.subtree("500156")["code"].to_list() == sorted(places.table["code"].to_list())[2:]
    assert len(places) == 7


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("沧沟乡", ["沧沟乡"]),
        (" 沧沟乡 ", ["沧沟乡"]),
        ("沧沟", ["沧沟乡", "沧沟村村民委员会"]),
        ("沧沟村", ["沧沟乡", "沧沟村村民委员会"]),
        ("关庙村", ["关庙村村民委员会"]),
        ("关庙", ["关庙村村民委员会"]),
        ("武隆县", ["武隆区"]),
        ("东风村", ["东风社区居委会"]),
        ("东", []),
        ("", []),
    ],
)
def test_search(places: Divisions, asked: str, found: list[str]) -> None:
    assert names(places.search(asked)) == found


def test_a_search_can_be_narrowed(places: Divisions) -> None:
    assert names(places.search("沧沟", level=Level.VILLAGE)) == ["沧沟村村民委员会"]
    assert names(places.search("武隆", within="500156204")) == []
    with pytest.raises(DivisionError, match="没有区划代码 99"):
        places.search("武隆", within="99")


def test_an_unknown_code_is_told(places: Divisions) -> None:
    assert places.find("510000000000") is None
    with pytest.raises(DivisionError, match="没有区划代码 510000000000。 请核对代码"):
        places.get("510000000000")


def test_a_row_holds_from_its_first_day_to_its_last(tmp_path: Path) -> None:
    text = (
        "区划代码,名称,生效日期,失效日期\n"
        "500132000000,武隆县,,2017-01-09\n"
        "500156000000,武隆区,2017-01-10,\n"
        "500156204000,沧沟乡,2017-01-10,2020-12-31\n"
        "500156204000,沧沟镇,2021-01-01,\n"
    )
    divisions = load_divisions(write(tmp_path, text))
    assert divisions.get("500132", date(2017, 1, 9)).name == "武隆县"
    with pytest.raises(DivisionError, match="500132 在 2017-01-10 无效，有效期：武隆县 ～2017-01-09"):
        divisions.get("500132", date(2017, 1, 10))
    assert names(divisions.children("500156", date(2020, 12, 31))) == ["沧沟乡"]
    assert names(divisions.children("500156", date(2021, 1, 1))) == ["沧沟镇"]
    assert names(divisions.children("500156")) == ["沧沟镇"]
    assert names(divisions.search("沧沟", date(2019, 1, 1))) == ["沧沟乡"]
    assert names(divisions.chain("500156204", date(2022, 1, 1))) == ["武隆区", "沧沟镇"]


def test_a_given_parent_wins_over_the_code(tmp_path: Path) -> None:
    text = "code,name,parent\n500156000000,武隆区,\n500156204000,沧沟乡,\n500156209201,农场,500156204\n"
    assert names(load_divisions(write(tmp_path, text)).chain("500156209201")) == ["武隆区", "沧沟乡", "农场"]


def test_a_file_from_excel_in_china_can_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, "code,name\n500156,武隆区\n", encoding="gb18030")
    assert load_divisions(path).get("500156").name == "武隆区"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("code,title\n50,重庆市\n", "缺少列：name"),
        ("code,name,区划代码\n50,重庆市,50\n", "places.csv: 同一列写了两次：code。"),
        ("code,name\n５０,重庆市\n", "places.csv:2: 读不懂“５０,重庆市”。 每行要有"),
        ("code,name\n50,重庆市,50\n", "places.csv: 读不了区划文件：found more fields"),
        ("code,name\n5,重庆市\n", "places.csv:2: 读不懂“5,重庆市”。 每行要有"),
        ("code,name\n50,\n", "places.csv:2: 读不懂“50"),
        ("code,name\n,重庆市\n", "places.csv:2: 读不懂“重庆市”"),
        ("code,name\n50,重庆市\n500000,重庆\n", "区划代码 500000000000（重庆）在同一天有两行"),
        ("code,name,parent\n50,重庆市,51\n", "上级代码 510000000000 不在文件中，或级别不比它高"),
        ("code,name,parent\n50,重庆市,50\n", "上级代码 500000000000 不在文件中，或级别不比它高"),
        ("code,name,valid_from\n50,重庆市,去年\n", "places.csv:2: 读不懂“去年”。 日期请写成"),
        (
            "code,name,valid_from,valid_to\n50,重庆市,2020-01-02,2020-01-01\n",
            "读不懂“2020-01-02～2020-01-01”",
        ),
        (
            "code,name,valid_from,valid_to\n50,重庆市,2020-01-01,2020-12-31\n50,重庆,2020-12-31,\n",
            "（重庆）在同一天有两行",
        ),
        ("", "读不了区划文件"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(write(tmp_path, text))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "读不了区划文件" in refused(tmp_path / "gone.csv")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_bytes(b"\xff\xff\xff")
    assert "读不了区划文件" in refused(tmp_path / "places.csv")


def package(folder: Path, ending: str = "csv") -> Path:
    """The npm package as it lies on disk, with one city that is its own district."""
    rows = {
        "provinces": [("44", "广东省")],
        "cities": [("4419", "东莞市")],
        "areas": [("441900", "东莞市")],
        "streets": [("441900003", "东城街道")],
        "villages": [("441900003001", "岗贝社区居委会")],
    }
    dist = folder / "dist"
    dist.mkdir()
    for name, lines in rows.items():
        if ending == "json":
            text = json.dumps([{"code": code, "name": title, "x": "1"} for code, title in lines])
        else:
            text = "code,name,x\n" + "".join(f'{code},"{title}",1\n' for code, title in lines)
        (dist / f"{name}.{ending}").write_text(text, encoding="utf-8")
    return dist


@pytest.mark.parametrize("ending", ["csv", "json"])
@pytest.mark.parametrize("inner", [True, False])
def test_the_npm_package_is_read_as_it_lies_on_disk(tmp_path: Path, ending: str, inner: bool) -> None:
    dist = package(tmp_path, ending)
    divisions = load_divisions(dist if inner else tmp_path)
    assert names(divisions.chain("441900003001")) == ["广东省", "东莞市", "东城街道", "岗贝社区居委会"]
    assert divisions.get("4419").level is Level.CITY


def test_a_package_without_one_of_its_files_is_refused(tmp_path: Path) -> None:
    (package(tmp_path) / "streets.csv").unlink()
    assert "缺少文件：streets.csv / streets.json" in refused(tmp_path)


@pytest.mark.parametrize("text", ["[{", "5", '[{"code": "4419", "name": ["东莞市"]}]'])
def test_a_damaged_json_file_is_told(tmp_path: Path, text: str) -> None:
    (package(tmp_path, "json") / "areas.json").write_text(text, encoding="utf-8")
    assert "areas.json: 读不了区划文件" in refused(tmp_path)


def test_two_tables_become_one(places: Divisions, tmp_path: Path) -> None:
    more = "code,name\n500156204,沧沟乡\n500156204205,新村\n"
    both = places.joined_with(load_divisions(write(tmp_path, more, "more.csv")))
    assert len(both) == len(places) + 1
    assert names(both.chain("500156204205"))[-2:] == ["沧沟乡", "新村"]


def test_two_tables_that_disagree_are_refused(places: Divisions, tmp_path: Path) -> None:
    other = load_divisions(write(tmp_path, "code,name\n500156204,沧沟镇\n", "other.csv"))
    with pytest.raises(DivisionError, match="在同一天有两行"):
        places.joined_with(other)


def test_the_places_of_the_plans_ship() -> None:
    shipped = shipped_divisions()
    lvchun, canggou, nanhuzhou, linked, town = (
        "532531",
        "500156204",
        "430624119",
        "990101",
        "990201100",
    )
    assert names(shipped.chain(lvchun))[-1] == "绿春县"
    assert len(shipped.children(lvchun)) == 9
    assert "关庙村村民委员会" in names(shipped.children(canggou))
    assert {"南湖新村", "光明咀村"} <= set(names(shipped.children(nanhuzhou)))
    assert shipped.subtree(linked).filter(level=int(Level.VILLAGE)).height == 35
    assert len(shipped.children(town)) == 13
    invented = {division.code[:2] for code in (linked, town) for division in shipped.chain(code)}
    assert invented == {"99"}  # a prefix that is not given to any province


@given(st.sampled_from(shipped_divisions().table["code"].to_list()))
def test_every_shipped_place_is_a_child_of_its_parent(code: str) -> None:
    shipped = shipped_divisions()
    line = shipped.chain(code)
    assert line[-1].code == code
    for above, below in pairwise(line):
        assert below in shipped.children(above.code)
        assert above.level < below.level
