"""Whether what a pack refers to is there: roles, criteria, parameters, measures, placeholders …"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import BaseModel

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.pack import Pack, collections
from bangfu.core.plans.problems import suggestion
from bangfu.core.plans.schema import RefersTo
from bangfu.core.plans.yaml_source import Path

_WHAT = {
    "organisation.roles": N_("角色"),
    "organisation.teams": N_("机构"),
    "activities.activities": N_("工作记录"),
    "archive.catalogues": N_("档案目录"),
    "campaign.actions": N_("行动"),
    "campaign.issue_classes": N_("问题类别"),
    "campaign.milestones": N_("节点"),
    "campaign.samplings": N_("抽样"),
    "conduct.consequences": N_("处理措施"),
    "criteria": N_("标准"),
    "documents.checklists": N_("清单"),
    "documents.forms": N_("表格"),
    "measures": N_("指标"),
    "parameters": N_("参数"),
    "placeholders": N_("待补内容"),
    "procedures": N_("程序"),
}


def reference_problems(pack: Pack) -> list[Problem]:
    """Every reference to something that the pack does not have, and every circle of `under`."""
    known: dict[str, set[str]] = {address: set() for address in collections()}
    for address, entry_id in pack.places:
        known.setdefault(address, set()).add(entry_id)
    known["measures"] |= set(pack.measures)
    found = []
    for address, entry_id, entry in pack.entries():
        for path, target, value in references_of(entry):
            if value not in known[target]:
                found.append(_missing(pack.where_path(address, entry_id, path), target, value, known[target]))
    return found + _circles(pack)


def _missing(where: str, target: str, value: str, known: set[str]) -> Problem:
    message = Message(N_("没有这个{what}：{value}。"), {"what": Message(_WHAT[target]), "value": value})
    return Problem("plan.unknown_reference", message, where, suggestion(value, known))


def references_of(entry: BaseModel, path: Path = ()) -> Iterator[tuple[Path, str, str]]:
    """(path within the entry, address referred to, id) of every reference in an entry."""
    hints = _hints(type(entry))
    for name, info in type(entry).model_fields.items():
        yield from _references(hints[name], getattr(entry, name), (*path, info.alias or name))


@cache
def _hints(model: type[BaseModel]) -> dict[str, object]:
    return typing.get_type_hints(model, include_extras=True)


def _references(annotation: object, value: object, path: Path) -> Iterator[tuple[Path, str, str]]:
    if isinstance(value, BaseModel):
        yield from references_of(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _references(annotation, item, (*path, index))
    elif isinstance(value, Mapping):
        for key in value:
            yield from _references(typing.get_args(annotation)[0], key, (*path, key))
    elif isinstance(value, str):
        for target in _targets(annotation):
            yield path, target, value


def _targets(annotation: object) -> Iterator[str]:
    if isinstance(annotation, RefersTo):
        yield annotation.address
    for argument in typing.get_args(annotation):
        yield from _targets(argument)


def _circles(pack: Pack) -> list[Problem]:
    """Teams, actions and classes of issues are trees."""
    found = []
    for address, collection in collections().items():
        entries = collection.of(pack.content)
        above = {key: getattr(entry, "under", None) for key, entry in entries.items()}
        for key in above:
            walked = [key]
            while (up := above.get(walked[-1])) is not None and up not in walked:
                walked.append(up)
            if up == key:
                path = " → ".join([*walked, key])
                message = Message(N_("上下级绕成了圈：{path}。"), {"path": path})
                found.append(Problem("plan.circle", message, pack.where(address, key, "under")))
    return found
