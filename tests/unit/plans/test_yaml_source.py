"""YAML 1.2 without surprises, with the line of everything."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bangfu.core.plans.yaml_source import MAX_DEPTH, Plain, read_yaml


def read(text: str) -> Plain:
    source, problems = read_yaml(text, "f.yaml")
    assert problems == []
    return source.value


def refusals(text: str) -> list[str]:
    return [f"{problem.code} {problem.where}" for problem in read_yaml(text, "f.yaml")[1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("a: null", {"a": None}),
        ("a: true", {"a": True}),
        ("a: yes", {"a": "yes"}),
        ("on: 1", {"on": 1}),
        ("no: off", {"no": "off"}),
        ("a: -3", {"a": -3}),
        ("a: 0", {"a": 0}),
        ("a: 0.40", {"a": Decimal("0.40")}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: .inf", {"a": ".inf"}),
        ("a: 0x1F", {"a": "0x1F"}),
        ("a: '0123'", {"a": "0123"}),
        ("a: 2018-12-31", {"a": date(2018, 12, 31)}),
        ("a: '2018-12-31'", {"a": "2018-12-31"}),
        ("a: 2018-12-31 10:00", {"a": "2018-12-31 10:00"}),
        ("[1, [2, x]]", [1, [2, "x"]]),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
    ],
)
def test_plain_values(text: str, value: Plain) -> None:
    assert read(text) == value


def test_places_are_remembered() -> None:
    source, _ = read_yaml("a:\n  - x: 1\n    y:\n      2\n", "f.yaml")
    assert source.where(("a", 0, "y")) == "f.yaml:3"
    assert source.where(("a", 0, "z", "deeper")) == "f.yaml:2", "the nearest thing around it"
    assert read_yaml("", "f.yaml")[0].where(("a",)) == "f.yaml"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("a: 1\nb: 2\na: 3", "plan.duplicate_key f.yaml:3"),
        ("a: 430121001000", "plan.code_not_quoted f.yaml:1"),
        ("a: 012345", "plan.code_not_quoted f.yaml:1"),
        ("a: &x 1", "plan.anchor f.yaml:1"),
        ("a: !!python/object:os.system x", "plan.tag f.yaml:1"),
        ("a: !!str 1", "plan.tag f.yaml:1"),
        ("a: 2018-02-30", "plan.no_such_day f.yaml:1"),
        ("a: 1\n---\nb: 2", "plan.two_documents f.yaml:2"),
        ("%YAML 1.1\n---\non: 1", "plan.directive f.yaml:2"),
        ("a:\n b: 1\n  c: 2", "plan.yaml_syntax f.yaml:3"),
        ("a: [1", "plan.yaml_syntax f.yaml:1"),
        ("a: \x07", "plan.yaml_syntax f.yaml"),
        ("? [a, b]\n: 1", "plan.key f.yaml:1"),
        ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "plan.too_deep f.yaml:1"),
    ],
)
def test_what_is_refused(text: str, refusal: str) -> None:
    assert refusals(text) == [refusal]


def test_an_alias_is_refused_where_it_stands() -> None:
    source, problems = read_yaml("a: &x 1\nb: *x", "f.yaml")
    assert [problem.where for problem in problems] == ["f.yaml:1", "f.yaml:2"]
    assert source.refused == {("b",)}


def test_aliases_cannot_blow_up() -> None:
    bomb = "a: &a [x]\n" + "".join(f"b{i}: [*a, *a, *a]\n" for i in range(50))
    assert read_yaml(bomb, "f.yaml")[0].value == {"a": ["x"], **{f"b{i}": [None] * 3 for i in range(50)}}


def test_an_unquoted_code_says_how_to_write_it() -> None:
    _, [problem] = read_yaml("jurisdiction: 430121001000", "plan.yaml")
    assert problem.render() == (
        'plan.yaml:1: 代码 430121001000 没有加引号，会被当成数。 请写成 "430121001000"。'
    )


def test_the_first_of_two_keys_counts_and_is_named() -> None:
    source, [problem] = read_yaml("a: 1\nb: 1\na: {c: 2}", "f.yaml")
    assert source.value == {"a": 1, "b": 1}
    assert problem.render() == "f.yaml:3: 键 a 重复。 第一次在第 1 行。"
