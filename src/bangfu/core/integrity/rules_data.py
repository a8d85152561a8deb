"""The check rules: a plan pack where the language of plans can say them, named functions where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable

from ruamel.yaml import YAML

from bangfu.core.plans.load import load_pack
from bangfu.core.plans.pack import Pack

COPIED_INCOME, COPIED_PLAN = "copied_income", "copied_plan"


@dataclass(frozen=True)
class Rule:
    """What must hold of a household or person. `check`: the function of `setwise`, or "" for a criterion of
    the pack. `kind`: the kind of discrepancy (a code) under which a breach is kept."""

    id: str
    name: str
    subject: str
    message: str
    remedy: str
    source: str
    check: str = ""

    @property
    def kind(self) -> str:
        """A code of the list discrepancy_kind."""
        return self.id if self.id in (COPIED_INCOME, COPIED_PLAN) else "logic"


def load_rules() -> tuple[Rule, ...]:
    """Every rule: those of the pack first."""
    said = (
        Rule(c.id, c.name, c.subject, c.message or "", c.remedy or "", c.source or "")
        for c in load_rule_pack().criteria
    )
    return (*said, *_setwise_rules())


@cache
def load_rule_pack() -> Pack:
    """The rules that the language of plans can say, as a plan pack."""
    with as_file(_folder() / "rules") as folder:
        return load_pack(folder)


def _setwise_rules() -> tuple[Rule, ...]:
    document = YAML(typ="safe", pure=True).load((_folder() / "setwise.yaml").read_text(encoding="utf-8"))
    return tuple(Rule(**entry) for entry in document["rules"])


def _folder() -> Traversable:
    return files(__package__)
