"""A loaded pack: the authoring model, easy to walk, that knows where each entry stands."""

from __future__ import annotations

import hashlib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property

from pydantic import BaseModel, Field

from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans import schema as s
from bangfu.core.plans.income import income_measures
from bangfu.core.plans.yaml_source import Path, Source

Entry = tuple[str, str]  # (address, id)


class Content(s.Part):
    """All parts of a pack together, whatever the files."""

    plan: s.PlanHead
    parameters: dict[str, s.Parameter] = Field(default={})
    measures: dict[str, s.Measure] = Field(default={})
    criteria: tuple[s.Criterion, ...] = ()
    income: s.Income | None = None
    organisation: s.Organisation = s.Organisation()
    duties: tuple[s.Duty, ...] = ()
    activities: s.Activities = s.Activities()
    procedures: tuple[s.Procedure, ...] = ()
    campaign: s.Campaign = s.Campaign()
    conduct: s.Conduct = s.Conduct()
    appraisal: s.Appraisals = s.Appraisals()
    archive: s.Archive = s.Archive()
    documents: s.Documents = s.Documents()
    placeholders: tuple[s.Placeholder, ...] = ()
    provisions: tuple[s.Provision, ...] = ()
    cases: tuple[s.Case, ...] = ()


@dataclass(frozen=True)
class Collection:
    """A list of entries with ids, e.g. `organisation.roles`: in which file and under which key it stands."""

    address: str
    file: str
    key: str
    model: type[BaseModel]
    is_mapping: bool

    @property
    def id_field(self) -> str:
        """The field by which an entry of a list is known."""
        return "name" if self.file == "cases" else "id"

    def of(self, content: Content) -> Mapping[str, BaseModel]:
        """The entries of a pack by id, in order."""
        part = getattr(content, self.file)
        entries = part if self.address == self.file else getattr(part, self.key)
        if self.is_mapping:
            return typing.cast("Mapping[str, BaseModel]", entries)
        return {getattr(entry, self.id_field): entry for entry in entries}


@cache
def collections() -> dict[str, Collection]:
    """Every list of entries of a pack by its address."""
    found = {}
    for file, model in s.FILES.items():
        for key, info in model.model_fields.items():
            origin, args = typing.get_origin(info.annotation), typing.get_args(info.annotation)
            item = args[-1] if origin is dict else args[0] if origin is tuple else None
            if isinstance(item, type) and issubclass(item, BaseModel):
                address = file if set(model.model_fields) == {file} else f"{file}.{key}"
                found[address] = Collection(address, file, key, item, origin is dict)
    return found


@dataclass(frozen=True)
class Place:
    """Where an entry stands: a file and the path of keys within it."""

    source: Source
    path: Path


@dataclass(frozen=True)
class Pack:
    """A pack as its author wrote it, inherited entries included; `own` is without them.

    `unread`: entries left out because they are wrong (only while a pack is being checked); an empty id
    stands for the whole list.
    """

    name: str
    own: Content
    content: Content
    places: Mapping[Entry, Place]
    digest: str
    parent: Pack | None = None
    unread: frozenset[Entry] = frozenset()

    @property
    def head(self) -> s.PlanHead:
        """plan.yaml"""
        return self.content.plan

    @property
    def criteria(self) -> tuple[s.Criterion, ...]:
        """Criteria in order."""
        return self.content.criteria

    @property
    def parameters(self) -> Mapping[str, s.Parameter]:
        """Parameters by name."""
        return self.content.parameters

    @cached_property
    def measures(self) -> Mapping[str, s.Measure]:
        """Measures by name, those of the income rule first."""
        return {**income_measures(self.content.income), **self.content.measures}

    @property
    def cases(self) -> tuple[s.Case, ...]:
        """Cases in order."""
        return self.content.cases

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """Role id → Chinese name."""
        return {role.id: role.name for role in self.content.organisation.roles}

    def parameters_on(self, on: date) -> dict[str, Decimal | None]:
        """The value of each parameter on a day; None: abolished, or not yet in force."""
        return {name: value_on(parameter, on) for name, parameter in self.parameters.items()}

    def parameter(self, name: str, on: date) -> Decimal:
        """One parameter on a day. Raises PlanError where it is unknown, abolished or not yet in force."""
        parameter = self.parameters.get(name)
        if parameter is None:
            message = Message(N_("没有参数 {name}。"), {"name": name})
            raise PlanError(Problem("plan.no_parameter", message, self.name))
        value = value_on(parameter, on)
        if value is None:
            message = Message(
                N_("参数 {name}（{label}）在 {on} 没有值：还没有规定，或者已经废止。"),
                {"name": name, "label": parameter.name, "on": on},
            )
            remedy = Message(N_("请在 parameters.yaml 里补上这一天的取值，或换一个日期。"))
            raise PlanError(
                Problem("plan.parameter_not_in_force", message, self.where("parameters", name), remedy)
            )
        return value

    def where(self, kind: str, entry: str, field: str | None = None) -> str:
        """`file:line` of an entry (kind: `criteria`, `organisation.roles` …), or of a field of it."""
        return self.where_path(kind, entry, (field,) if field else ())

    def where_path(self, kind: str, entry: str, path: Path) -> str:
        """`file:line` of a path within an entry; of a measure of the income rule, the rule's."""
        place = self.places.get((kind, entry))
        if place is None and kind == "measures":
            place = self.places.get(("income", ""))
        return place.source.where((*place.path, *path)) if place else self.name

    def is_unread(self, address: str, name: str) -> bool:
        """Whether an entry of that id or name may stand in what could not be read."""
        return not self.unread.isdisjoint({(address, name), (address, "")})

    def entries(self) -> Iterator[tuple[str, str, BaseModel]]:
        """(address, id, entry) of every entry of every list, in the order of the files."""
        for address, collection in collections().items():
            for entry_id, entry in collection.of(self.content).items():
                yield address, entry_id, entry


def value_on(parameter: s.Parameter, on: date) -> Decimal | None:
    """The latest value whose first day is not after `on`; None where there is none or it is abolished."""
    value = None
    for dated in parameter.values:
        if dated.start <= on:
            value = dated.value
    return value


def digest_of(texts: Mapping[str, str]) -> str:
    """A hash of the files of a pack, whatever the folder and the order."""
    total = hashlib.sha256()
    for name in sorted(texts):
        total.update(f"{name}\n{len(texts[name])}\n{texts[name]}".encode())
    return total.hexdigest()
