"""Everything that somebody may be allowed to do, `what.deed`. Sorted; a view or an action names one."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a role may do within its division."""

    ACCOUNT_MANAGE = "account.manage"  # invite, lock, give roles
    AUDIT_READ = "audit.read"
    DIVISION_MANAGE = "division.manage"
    HOUSEHOLD_APPROVE = "household.approve"  # identification, exit, removal that somebody else proposed
    HOUSEHOLD_CHANGE = "household.change"
    HOUSEHOLD_READ = "household.read"  # every household of the division
    HOUSEHOLD_READ_PAIRED = "household.read_paired"  # those that one helps
    HOUSEHOLD_REVEAL = "household.reveal"  # ID number, phone, account in full
    IMPORT_COMMIT = "import.commit"
    IMPORT_UNDO = "import.undo"
    ISSUE_DISPATCH = "issue.dispatch"  # raise from runs and workbooks, assign, amend, make void
    ISSUE_EXPORT = "issue.export"
    ISSUE_EXTEND = "issue.extend"  # give more time
    ISSUE_RAISE = "issue.raise"  # by hand
    ISSUE_READ = "issue.read"  # the ledger of the division
    ISSUE_READ_OWN = "issue.read_own"  # issues of the households that one helps
    ISSUE_REVIEW = "issue.review"  # close or return what somebody else did
    ISSUE_WORK = "issue.work"  # what is assigned to oneself or one's agency
    PLAN_APPROVE = "plan.approve"  # of what somebody else proposed
    PLAN_MANAGE = "plan.manage"  # upload, propose
    PLAN_READ = "plan.read"
    RUN_READ = "run.read"
    RUN_START = "run.start"
    SENSITIVE_READ = "sensitive.read"  # health, minors, religion: PIPL art. 28
