"""The packages of the extra `linkage`: asked for when they are needed, so that the core runs without them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from bangfu.core.errors import EngineError, Problem
from bangfu.core.messages import N_, Message


def needed(name: str) -> ModuleType:
    """A module of the extra. Raises EngineError where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise EngineError(
            Problem(
                "linkage.extra",
                Message(N_("按姓名等信息比对要用的组件没有安装")),
                remedy=Message(N_("请安装：pip install 'bangfu[linkage]'。")),
            )
        ) from error
