"""Whether what a pack refers to is there: roles, criteria, parameters, measures, placeholders …"""

from __future__ import annotations

from collections.abc import Collection

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.marks import marks_of
from bangfu.core.plans.pack import Pack, collections
from bangfu.core.plans.problems import suggestion
from bangfu.core.plans.schema import RefersTo

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
    "tables": N_("表"),
}


def reference_problems(pack: Pack, tables: Collection[str]) -> list[Problem]:
    """Every reference to something that the pack does not have, and every circle of `under`."""
    known: dict[str, set[str]] = {address: set() for address in collections()}
    for address, entry_id in pack.places:
        known.setdefault(address, set()).add(entry_id)
    known["measures"] |= set(pack.measures)
    known["tables"] = set(tables)
    found = []
    for address, entry_id, entry in pack.entries():
        for mark in marks_of(entry):
            target = mark.marker.address if isinstance(mark.marker, RefersTo) else None
            if (
                target is not None
                and mark.value not in known[target]
                and not pack.is_unread(target, mark.value)
            ):
                where = pack.where_path(address, entry_id, mark.path)
                found.append(_missing(where, target, mark.value, known[target]))
    return found + _circles(pack)


def _missing(where: str, target: str, value: str, known: set[str]) -> Problem:
    message = Message(N_("没有这个{what}：{value}。"), {"what": Message(_WHAT[target]), "value": value})
    remedy = Message(N_("请先在 {file}.yaml 里写上。"), {"file": target.partition(".")[0]})
    return Problem("plan.unknown_reference", message, where, suggestion(value, known) or remedy)


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
