"""Plans written where they are used, for the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from unittest.mock import patch

from bangfu.core.plans import compiling
from bangfu.core.plans.pack import Content, Pack
from bangfu.core.plans.plan import Plan
from bangfu.core.vocabulary import Vocabulary, load_vocabulary

HEAD = {
    "id": "inline",
    "version": "1.0.0",
    "title": "方案",
    "issuer": "某镇",
    "jurisdiction": "990001001000",
    "state": "draft",
}


def plan_of(
    criteria: Sequence[Mapping[str, Any]],
    measures: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    campaign: tuple[date, date] | None = None,
    vocabulary: Vocabulary | None = None,
    lets_unsafe_pass: bool = False,
) -> Plan:
    """A compiled plan. Raises PlanError. `lets_unsafe_pass`: what nothing known would meet stands too."""
    pack = pack_of(criteria, measures, parameters, campaign)
    known = vocabulary or load_vocabulary()
    if not lets_unsafe_pass:
        return compiling.compile_plan(pack, date(2020, 6, 30), known)
    with patch.object(compiling, "refuse_unsafe"):
        return compiling.compile_plan(pack, date(2020, 6, 30), known)


def pack_of(
    criteria: Sequence[Mapping[str, Any]],
    measures: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    campaign: tuple[date, date] | None = None,
    parts: Mapping[str, Any] | None = None,
) -> Pack:
    """A pack; entries without a name are called by their id, parameters given as text hold since 2000.

    `campaign`: the days of the plan; `parts`: other files.
    """
    head: dict[str, Any] = dict(HEAD)
    if campaign:
        head["period"] = {"from": campaign[0].isoformat(), "to": campaign[1].isoformat()}
    content = Content.model_validate(
        {
            "plan": head,
            "measures": {name: {"name": f"指标{name}", **spec} for name, spec in (measures or {}).items()},
            "criteria": [{"name": spec["id"], **spec} for spec in criteria],
            "parameters": {name: _parameter(name, spec) for name, spec in (parameters or {}).items()},
            **(parts or {}),
        }
    )
    return Pack(name="inline", own=content, content=content, places={}, digest="")


def _parameter(name: str, spec: Any) -> Any:
    if not isinstance(spec, str):
        return spec
    return {"name": f"参数{name}", "values": [{"from": "2000-01-01", "value": spec}]}
