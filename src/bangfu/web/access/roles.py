"""The roles of the offices, each a list of permissions: the one table that says who may do what.

A role is granted to a person at a division and holds there and below, from a day to a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bangfu.core.messages import N_
from bangfu.web.access.permissions import Permission as P


class Role(StrEnum):
    """Who somebody is at a division."""

    ADMINISTRATOR = "administrator"
    COUNTY_OFFICER = "county_officer"
    TOWNSHIP_OFFICER = "township_officer"
    LEADER = "leader"
    STATIONED = "stationed"
    HELPER = "helper"
    VILLAGE_CADRE = "village_cadre"
    SECTOR_OFFICE = "sector_office"
    INSPECTOR = "inspector"


@dataclass(frozen=True)
class RoleSheet:
    """What a role is called (a template marked for translation), and what it may do."""

    name: str
    permissions: frozenset[P]


def _sheet(name: str, *permissions: P) -> RoleSheet:
    return RoleSheet(name, frozenset(permissions))


ROLES: Mapping[Role, RoleSheet] = {
    # Looks after accounts and sees no household: who gives out the keys does not read the files.
    Role.ADMINISTRATOR: _sheet(N_("系统管理员"), P.ACCOUNT_MANAGE, P.AUDIT_READ, P.DIVISION_MANAGE),
    Role.COUNTY_OFFICER: _sheet(
        N_("县级业务人员"),
        P.ACCOUNT_MANAGE,
        P.AUDIT_READ,
        P.HOUSEHOLD_APPROVE,
        P.HOUSEHOLD_CHANGE,
        P.HOUSEHOLD_READ,
        P.HOUSEHOLD_REVEAL,
        P.IMPORT_COMMIT,
        P.IMPORT_UNDO,
        P.ISSUE_DISPATCH,
        P.ISSUE_EXPORT,
        P.ISSUE_EXTEND,
        P.ISSUE_RAISE,
        P.ISSUE_READ,
        P.ISSUE_REVIEW,
        P.ISSUE_WORK,
        P.PLAN_APPROVE,
        P.PLAN_MANAGE,
        P.PLAN_READ,
        P.RUN_READ,
        P.RUN_START,
        P.SENSITIVE_READ,
    ),
    Role.TOWNSHIP_OFFICER: _sheet(
        N_("乡镇业务人员"),
        P.HOUSEHOLD_APPROVE,
        P.HOUSEHOLD_CHANGE,
        P.HOUSEHOLD_READ,
        P.HOUSEHOLD_REVEAL,
        P.IMPORT_COMMIT,
        P.IMPORT_UNDO,
        P.ISSUE_DISPATCH,
        P.ISSUE_EXPORT,
        P.ISSUE_RAISE,
        P.ISSUE_READ,
        P.ISSUE_REVIEW,
        P.ISSUE_WORK,
        P.PLAN_APPROVE,
        P.PLAN_MANAGE,
        P.PLAN_READ,
        P.RUN_READ,
        P.RUN_START,
        P.SENSITIVE_READ,
    ),
    Role.LEADER: _sheet(
        N_("挂联领导"),
        P.HOUSEHOLD_READ,
        P.ISSUE_EXTEND,
        P.ISSUE_READ,
        P.PLAN_APPROVE,
        P.PLAN_READ,
        P.RUN_READ,
    ),
    Role.STATIONED: _sheet(
        N_("驻村工作队员"),
        P.HOUSEHOLD_CHANGE,
        P.HOUSEHOLD_READ,
        P.ISSUE_RAISE,
        P.ISSUE_READ,
        P.ISSUE_WORK,
        P.PLAN_READ,
        P.RUN_READ,
        P.SENSITIVE_READ,
    ),
    Role.HELPER: _sheet(
        N_("帮扶干部"), P.HOUSEHOLD_READ_PAIRED, P.ISSUE_READ_OWN, P.ISSUE_WORK, P.PLAN_READ, P.SENSITIVE_READ
    ),
    Role.VILLAGE_CADRE: _sheet(
        N_("村干部"),
        P.HOUSEHOLD_CHANGE,
        P.HOUSEHOLD_READ,
        P.ISSUE_RAISE,
        P.ISSUE_READ,
        P.ISSUE_WORK,
        P.PLAN_READ,
        P.RUN_READ,
    ),
    Role.SECTOR_OFFICE: _sheet(N_("行业部门"), P.ISSUE_WORK),
    Role.INSPECTOR: _sheet(
        N_("督查人员"),
        P.AUDIT_READ,
        P.HOUSEHOLD_READ,
        P.ISSUE_RAISE,
        P.ISSUE_READ,
        P.ISSUE_REVIEW,
        P.PLAN_READ,
        P.RUN_READ,
    ),
}


def roles_with(permission: P) -> frozenset[str]:
    """The roles that hold a permission."""
    return frozenset(role.value for role, sheet in ROLES.items() if permission in sheet.permissions)
