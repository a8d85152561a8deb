"""The twelve criteria as OpenFisca variables."""

from __future__ import annotations

from typing import Any

from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Household = build_entity(
    key="household", plural="households", label="", roles=[{"key": "member", "label": ""}]
)
Person = build_entity(key="person", plural="persons", label="", is_person=True)

_INPUTS = {
    "grain_enough": (bool, Household),
    "in_dangerous_house": (bool, Household),
    "housing_grade": (bool, Household),
    "road_distance": (float, Household),
    "housing_area": (float, Household),
    "headcount": (int, Household),
    "in_poverty_system": (bool, Household),
    "counted": (float, Household),
    "wages": (float, Household),
    "person_resident_medical": (bool, Person),
    "person_employee_medical": (bool, Person),
    "person_doctor_contracted": (bool, Person),
    "person_labour": (bool, Person),
    "person_work_months": (int, Person),
}

_RULES: dict[str, Any] = {
    "B_01": lambda h, t: h("grain_enough", t),
    "B_05": lambda h, t: ~h("in_dangerous_house", t),
    "B_11": lambda h, t: h("housing_grade", t),
    "B_14": lambda h, t: h("road_distance", t) <= 10,
    "B_15": lambda h, t: h("housing_area", t) / h("headcount", t) >= 13,
    "B_16": lambda h, t: h("in_poverty_system", t),
    "B_21": lambda h, t: h.all(
        h.members("person_resident_medical", t) | h.members("person_employee_medical", t)
    ),
    "B_24": lambda h, t: h.all(h.members("person_doctor_contracted", t)),
    "B_26": lambda h, t: h.any(h.members("person_labour", t)),
    "B_32": lambda h, t: h.sum(h.members("person_work_months", t) >= 6) >= 1,
    "B_36": lambda h, t: h("counted", t) / h("headcount", t) >= 3700,
    "B_37": lambda h, t: h("wages", t) >= 1000,
}


def build_system() -> TaxBenefitSystem:
    """The system of inputs and rules."""
    system = TaxBenefitSystem([Household, Person])
    for name, (kind, entity) in _INPUTS.items():
        system.add_variable(_variable(name, kind, entity))
    for name, rule in _RULES.items():
        system.add_variable(_variable(name, bool, Household, rule))
    return system


def _variable(name: str, kind: type, entity: Any, rule: Any = None) -> type[Variable]:
    body = {"value_type": kind, "entity": entity, "definition_period": DateUnit.MONTH, "label": name}
    if rule is not None:
        body["formula"] = lambda population, period, _parameters: rule(population, period)
    return type(name, (Variable,), body)
