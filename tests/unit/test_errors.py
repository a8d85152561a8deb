"""Errors for people: what, where, and what to do."""

from __future__ import annotations

import pytest

from bangfu.core import errors
from bangfu.core.errors import PlanError, Problem, UserError
from bangfu.core.messages import Message

WRONG = Problem(
    "plan.unknown_name", Message("没有“{name}”", {"name": "收人"}), "criteria.yaml:3", Message("是“收入”吗？")
)


def test_a_problem_says_where_what_and_what_to_do() -> None:
    assert WRONG.render() == "criteria.yaml:3: 没有“收人” 是“收入”吗？"
    assert Problem("x", Message("坏了")).render() == "坏了"


def test_an_error_tells_every_problem() -> None:
    error = PlanError([WRONG, Problem("x", Message("坏了"))])
    assert len(error.problems) == 2
    assert str(error).splitlines() == [WRONG.render(), "坏了"]
    assert UserError(WRONG).problems == (WRONG,)


def test_each_class_has_its_own_exit_code() -> None:
    classes = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, UserError)]
    codes = {cls.exit_code for cls in classes}
    assert len(codes) == len(classes)
    assert all(1 < code < 256 for code in codes)


def test_a_problem_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        WRONG.code = "other"  # type: ignore[misc]
