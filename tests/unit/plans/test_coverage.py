"""Which elements a pack cites, and the schemas that it is written by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bangfu.core.plans.coverage import citations, uncited
from bangfu.core.plans.json_schema import pack_json_schema, schema_texts
from scripts import schemas
from tests.unit.plans.packs import HEAD, loaded
from tests.unit.plans.test_income import rule

ROOT = Path(__file__).parent.parent.parent.parent
SCHEMAS = ROOT / "docs" / "reference" / "schemas"


def test_what_is_cited_where(tmp_path: Path) -> None:
    pack = loaded(
        tmp_path,
        plan=HEAD + "requirement: [S4-1]\n",
        criteria="""
criteria:
  - {id: S4-4, also: [S4-5], name: 甲, subject: household, holds: grain_enough}
  - id: water
    requirement: [S4-6, S4-4]
    name: 乙
    subject: household
    holds: water_safe
""",
        income=rule().replace("income:", "income:\n  requirement: [S4-7]"),
        appraisal="appraisal: [{id: a, name: 甲, subject: village, total: 9, "
        "items: [{item: b, name: 乙, full: 9, requirement: [S4-45]}]}]",
        parameters="parameters:\n"
        "  line: {name: 线, requirement: [S4-8], values: [{from: 2018-01-01, value: 1}]}\n",
    )
    assert [(c.requirement, c.address, c.entry, c.where) for c in citations(pack)] == [
        ("S4-8", "parameters", "line", "parameters.yaml:2"),
        ("S4-4", "criteria", "S4-4", "criteria.yaml:3"),
        ("S4-5", "criteria", "S4-4", "criteria.yaml:3"),
        ("S4-6", "criteria", "water", "criteria.yaml:5"),
        ("S4-4", "criteria", "water", "criteria.yaml:5"),
        ("S4-45", "appraisal.appraisal", "a", "appraisal.yaml:1"),
        ("S4-1", "plan", "", "plan.yaml:8"),
        ("S4-7", "income", "", "income.yaml:3"),
    ]
    assert uncited(pack, ["S4-1", "S4-2", "S4-4", "S4-9"]) == ["S4-2", "S4-9"]


def test_a_pack_without_income_rule(tmp_path: Path) -> None:
    assert citations(loaded(tmp_path)) == []


@pytest.mark.parametrize("name", sorted(schema_texts()))
def test_the_published_schema_is_fresh(name: str) -> None:
    assert (SCHEMAS / name).read_text(encoding="utf-8") == schema_texts()[name], "python scripts/schemas.py"


def test_no_other_schema_is_published() -> None:
    assert sorted(path.name for path in SCHEMAS.iterdir()) == sorted(schema_texts())


def test_every_field_is_described_and_named() -> None:
    for file, schema in pack_json_schema().items():
        parts = [schema, *schema.get("$defs", {}).values()]  # type: ignore[attr-defined]
        for part in parts:
            assert part["additionalProperties"] is False, file
            for name, field in part["properties"].items():
                assert field["description"], f"{file}: {name}"
                assert field["title"] != name, f"{file}: {name}"


def test_schemas_are_json() -> None:
    assert all(
        json.loads(text)["$schema"].startswith("https://json-schema.org") for text in schema_texts().values()
    )


def test_the_reference_of_fields_is_fresh() -> None:
    page = (ROOT / "docs" / "reference" / "plan-pack-fields.md").read_text(encoding="utf-8")
    assert page == schemas.reference(), "python scripts/schemas.py"
    assert "| **`holds`** | 达标条件 | condition | What must hold. |" in page
    assert "| `responsible` | 责任人 | list of id in `organisation.roles` |" in page


def test_what_only_a_person_can_start_says_when(tmp_path: Path) -> None:
    conduct = (
        "consequences: [{id: S1-48, name: 否决, subject: agency, upon: 年度任务没有完成, "
        "propose: [{action: veto, name: 一票否决, on: office}], decided_by: [office]}]"
    )
    pack = loaded(tmp_path, conduct=conduct, organisation="roles: [{id: office, name: 县委}]")
    assert [(c.requirement, c.upon) for c in citations(pack)] == [("S1-48", "年度任务没有完成")]
