"""The authoring model of a plan pack: what an office writes, part by part."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bangfu.core.plans.schema.cases import Case
from bangfu.core.plans.schema.entry import Name, Part, RefersTo, Written
from bangfu.core.plans.schema.papers import Archive, Documents, Placeholder, Provision
from bangfu.core.plans.schema.people import Activities, Conduct, Duty, Organisation
from bangfu.core.plans.schema.rules import Criterion, Income, Measure, Parameter, PlanHead
from bangfu.core.plans.schema.work import Appraisals, Campaign, Procedure


class ParametersFile(Part):
    """parameters.yaml"""

    parameters: dict[Name, Parameter] = Field(default={}, description="Name → parameter.")


class MeasuresFile(Part):
    """measures.yaml"""

    measures: dict[Name, Measure] = Field(default={}, description="Name → measure.")


class CriteriaFile(Part):
    """criteria.yaml"""

    criteria: tuple[Criterion, ...] = Field(default=(), description="Criteria.")


class IncomeFile(Part):
    """income.yaml"""

    income: Income | None = Field(default=None, description="The income rule.")


class DutiesFile(Part):
    """duties.yaml"""

    duties: tuple[Duty, ...] = Field(default=(), description="Duties.")


class ProceduresFile(Part):
    """procedures.yaml"""

    procedures: tuple[Procedure, ...] = Field(default=(), description="Procedures.")


class PlaceholdersFile(Part):
    """placeholders.yaml"""

    placeholders: tuple[Placeholder, ...] = Field(default=(), description="What is left to fill.")


class ProvisionsFile(Part):
    """provisions.yaml"""

    provisions: tuple[Provision, ...] = Field(default=(), description="Kept as text.")


class CasesFile(Part):
    """cases/*.yaml"""

    cases: tuple[Case, ...] = Field(default=(), description="Cases.")


FILES: dict[str, type[BaseModel]] = {
    "plan": PlanHead,
    "parameters": ParametersFile,
    "measures": MeasuresFile,
    "criteria": CriteriaFile,
    "income": IncomeFile,
    "organisation": Organisation,
    "duties": DutiesFile,
    "activities": Activities,
    "procedures": ProceduresFile,
    "campaign": Campaign,
    "conduct": Conduct,
    "appraisal": Appraisals,
    "archive": Archive,
    "documents": Documents,
    "placeholders": PlaceholdersFile,
    "provisions": ProvisionsFile,
    "cases": CasesFile,
}

__all__ = [
    "FILES", "Activities", "Appraisals", "Archive", "Campaign", "Case", "Conduct", "Criterion", "Documents",
    "Duty", "Income", "Measure", "Organisation", "Parameter", "Part", "Placeholder", "PlanHead", "Procedure",
    "Provision", "RefersTo", "Written",
]  # fmt: skip
