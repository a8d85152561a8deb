"""Messages: a Chinese template, typed values, rendered late."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.core.messages import Message, current_language, format_value, set_language


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3215, "3,215"),
        (Decimal("3215.00"), "3,215"),
        (Decimal("3215.50"), "3,215.5"),
        (Decimal("0.012"), "0.012"),  # a limit of the plan as it is written there
        (Fraction(377, 397), "0.9496"),  # a rate that falls short of 0.95
        (Decimal("1.025"), "1.025"),
        (Decimal("1.02561"), "1.03"),
        (Fraction(-4, 3), "-1.33"),
        (Decimal("-0.00001"), "0"),
        (Decimal("123456789012345678901234567890.50"), "123,456,789,012,345,678,901,234,567,890.5"),
        (1234567.5, "1,234,567.5"),
        (Decimal("100"), "100"),
        (57.1, "57.1"),
        (Fraction(1, 3), "0.3333"),
        (date(2026, 11, 22), "2026-11-22"),
        (True, "是"),
        (False, "否"),
        ("张三", "张三"),
        (["户", 2, Decimal("1.50")], "户、2、1.5"),
        (("一",), "一"),
    ],
)
def test_values_read_as_people_write_them(value: object, text: str) -> None:
    assert format_value(value) == text


@given(st.fractions(max_denominator=10_000))
def test_a_figure_is_shown_to_the_last_place_shown(value: Fraction) -> None:
    shown = Fraction(format_value(value).replace(",", ""))
    assert abs(shown - value) <= (Fraction(1, 20_000) if abs(value) < 1 else Fraction(1, 200))


def test_a_message_fills_its_template() -> None:
    message = Message(
        "人均纯收入 {income} 元，{inner}", {"income": 3215, "inner": Message("差 {gap} 元", {"gap": 485})}
    )
    assert str(message) == "人均纯收入 3,215 元，差 485 元"


def test_the_language_is_chosen_when_a_message_is_shown() -> None:
    assert current_language() == "zh_CN"
    assert format_value(True) == "是"
    set_language("en")
    assert current_language() == "en"
    assert format_value(True) == "yes"
    assert format_value(["a", "b"]) == "a, b"


def test_a_template_without_english_is_shown_in_chinese() -> None:
    set_language("en")
    assert str(Message("没有译文的一句话")) == "没有译文的一句话"


def test_other_languages_are_refused() -> None:
    with pytest.raises(ValueError, match="'fr' is not one of"):
        set_language("fr")
