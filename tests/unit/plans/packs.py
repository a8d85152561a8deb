"""Small packs, written as text, for the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.core.errors import PlanError, Problem
from bangfu.core.plans.load import Pack, load_pack

HEAD = """
id: little
version: 1.0.0
title: 小方案
issuer: 某镇
jurisdiction: "990001001000"
state: draft
"""
CRITERION = """
criteria:
  - id: S4-4
    name: 有口粮
    subject: household
    holds: grain_enough
"""


def write_pack(folder: Path, **files: str) -> Path:
    """A folder with `plan.yaml` (HEAD unless given) and the other files; `cases__x` is `cases/x.yaml`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"plan": HEAD, **files}.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path, **files: str) -> Pack:
    """The pack in those files."""
    return load_pack(write_pack(folder, **files))


def problems(folder: Path, **files: str) -> list[Problem]:
    """What is wrong with the pack in those files."""
    return problems_in(write_pack(folder, **files))


def problems_in(folder: Path | str) -> list[Problem]:
    """What is wrong with the pack in a folder."""
    with pytest.raises(PlanError) as error:
        load_pack(folder)
    return list(error.value.problems)


def said(folder: Path, **files: str) -> list[str]:
    """The problems as people read them."""
    return [problem.render() for problem in problems(folder, **files)]
