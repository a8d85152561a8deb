"""The ledger out as a workbook in the plan's own layout, and workbooks in: our own come back, or superiors' lists.

A workbook never closes an issue and never assigns one: it raises, changes remedies and deadlines, and reports.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from bangfu.core.casework import LIVE, STATE_NAMES, Move, State
from bangfu.core.casework.sheet import IssueLine, SheetIssue, read_issues, register_state, write_issues
from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message
from bangfu.core.plans.schema.papers import LedgerDefinition
from bangfu.core.sheets import read_workbook
from bangfu.core.sheets.archive import Limits
from bangfu.core.sheets.folding import fold
from bangfu.web.access import Permission
from bangfu.web.accounts.actions import require_can
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.divisions.models import Division
from bangfu.web.keyring import fingerprint
from bangfu.web.ledger import actions
from bangfu.web.ledger.actions import New
from bangfu.web.ledger.models import (
    Evidence,
    FileState,
    Issue,
    IssueEvent,
    IssueFile,
    IssueQuerySet,
    Origin,
    Phase,
)
from bangfu.web.ledger.words import severity_name, subject_of
from bangfu.web.pages.text import moment, t
from bangfu.web.registry.households import households
from bangfu.web.registry.rows import VOCABULARY

LIMITS = Limits(file_bytes=20 << 20, whole_bytes=20 << 20, unpacked_bytes=400 << 20)
MOST_LINES = 50_000
_TOLD = (Move.SUBMIT.value, Move.COMMENT.value)


class FileRefused(UserError):
    """A workbook that cannot be taken in."""


# --- out ------------------------------------------------------------------------------------------------


@transaction.atomic
def export(
    *, by: User, issues: IssueQuerySet, layout: LedgerDefinition | None, plan: str, purpose: str
) -> bytes:
    """The issues of the divisions where the user may export, as a workbook; what for is recorded and printed."""
    mine = issues.within(by, Permission.ISSUE_EXPORT).select_related("division", "household")
    told = IssueEvent.objects.filter(issue=OuterRef("pk"), move__in=_TOLD).order_by("-number")
    proofs = Evidence.objects.filter(issue=OuterRef("pk"), phase=Phase.AFTER.value)
    rows = mine.annotate(report=Subquery(told.values("text")[:1]), has_proof=Exists(proofs))
    found = list(rows.order_by("division__code", "pk")[:MOST_LINES])
    lines = [_line(one) for one in found]
    notes = [
        (t(N_("方案")), plan or "—"),
        (t(N_("用途")), purpose),
        (t(N_("导出人")), str(by)),
        (t(N_("导出时间")), moment(timezone.now())),
        (t(N_("注意")), t(_WARNING)),
    ]
    with tempfile.TemporaryDirectory(prefix="bangfu-") as folder:
        path = Path(folder) / "ledger.xlsx"
        write_issues(path, layout, lines, notes, VOCABULARY)
        content = path.read_bytes()
    record(
        by=by,
        kind=EventKind.LEDGER_EXPORTED,
        subject="ledger",
        details={"count": len(lines), "purpose": purpose, "digest": fingerprint(content)},
    )
    return content


_WARNING = N_(
    "本表含姓名，只供整改责任人使用，不得公开张贴或转发。可以改整改措施、整改期限，填办理情况，再导回来；"
    "派单、销号请在网页上办。"
)


def _line(issue: Any) -> IssueLine:
    household = issue.household if issue.household_id is not None else None
    return IssueLine(
        number=issue.number,
        place=issue.division.name,
        subject=subject_of(issue),
        household_code=(household.household_code or "") if household is not None else "",
        problem=issue.problem,
        facts=issue.facts,
        clause=issue.clause,
        remedy=issue.remedy,
        responsible=issue.responsible,
        assignee=issue.assignee_name,
        severity=severity_name(issue.severity),
        state=State(issue.state),
        found_on=issue.found_on,
        due_on=issue.due_on,
        source=issue.source,
        kind=issue.kind,
        closed_on=issue.ended_on if issue.state == State.CLOSED else None,
        closure_number=issue.closure_number or "",
        extension_asked_on=issue.extension_asked_on,
        extended=issue.extended,
        has_proof=issue.has_proof,
        report=issue.report or "",
    )


# --- in -------------------------------------------------------------------------------------------------


class Deed(StrEnum):
    """What a line of a workbook does."""

    RAISE = "raise"
    AMEND = "amend"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Line:
    """A line with what it does; `notes`: what is not taken over, and why."""

    read: SheetIssue
    deed: Deed
    issue: Issue | None = None
    new: New | None = None
    group: str = ""
    remedy: str = ""
    due: bool = False
    report: str = ""
    notes: tuple[str, ...] = field(default=())


@transaction.atomic
def upload(*, by: User, division: Division, file: UploadedFile[Any], source: str) -> IssueFile:
    """Keep a workbook of issues and look at what it would do. Raises WorkbookError, FileRefused."""
    require_can(by, Permission.ISSUE_DISPATCH, division)
    name = PurePath(file.name or "").name[-120:]
    if (file.size or 0) > LIMITS.file_bytes:
        raise _refused("size", N_("文件太大"), name, N_("每个文件不超过 20 MB。"))
    content = file.read()
    digest = fingerprint(content)
    stored_as = f"issues/{uuid.uuid5(uuid.NAMESPACE_OID, f'{by.pk}/{division.code}/{name}/{digest}')}"
    kept = IssueFile(
        division=division, name=name, digest=digest, stored_as=stored_as, source=source, uploaded_by=by
    )
    lines = _planned(by, kept, content)
    if not lines:
        raise _refused(
            "empty", N_("表里没有找到问题"), name, N_("表头要有“问题”和“地点”（或“问题编号”）两列。")
        )
    default_storage.delete(stored_as)
    default_storage.save(stored_as, ContentFile(settings.KEYRING.seal(content, stored_as)))
    kept.counts = counts_of(lines)
    kept.save()
    return kept


def counts_of(lines: Sequence[Line]) -> dict[str, int]:
    """How many lines do what."""
    return {deed.value: sum(one.deed is deed for one in lines) for deed in Deed}


def lines_of(by: User, kept: IssueFile) -> list[Line]:
    """What the workbook would do now."""
    with default_storage.open(kept.stored_as) as file:
        content: bytes = settings.KEYRING.open(file.read(), kept.stored_as)
    return _planned(by, kept, content)


def _planned(by: User, kept: IssueFile, content: bytes) -> list[Line]:
    with tempfile.TemporaryDirectory(prefix="bangfu-") as folder:
        path = Path(folder) / (kept.name or "issues.xlsx")
        path.write_bytes(content)
        read = read_issues(read_workbook(path, LIMITS))
    places = _Places(by, kept.division)
    held = _numbered(by, read)
    told = _reports(list(held.values()))
    planned = []
    groups: set[str] = set()
    for one in read:
        line = _known(one, held, told) if one.number else _fresh(one, kept, places)
        if line.deed is Deed.RAISE and line.group in groups:
            line = Line(one, Deed.SAME, notes=(t(N_("与前面一行重复")),))
        groups.add(line.group)
        planned.append(line)
    known = {
        group: Issue(pk=key)
        for group, key in Issue.objects.filter(group__in=groups - {""}).values_list("group", "pk")
    }
    return [
        Line(line.read, Deed.SAME, known[line.group]) if line.group in known else line for line in planned
    ]


def _numbered(by: User, read: Sequence[SheetIssue]) -> dict[str, Issue]:
    """The issues that the lines name by number, as far as the user may change them."""
    keys = [int(tail) for one in read if (tail := one.number.rpartition("-")[2]).isdigit() and len(tail) < 12]
    seen = Issue.objects.visible_to(by).within(by, Permission.ISSUE_DISPATCH).filter(pk__in=keys)
    return {one.number: one for one in seen.select_related("division", "household")}


def _reports(issues: Sequence[Issue]) -> dict[int, str]:
    events = IssueEvent.objects.filter(issue__in=issues, move__in=_TOLD).order_by("number")
    return dict(events.values_list("issue_id", "text"))


def _known(one: SheetIssue, held: Mapping[str, Issue], told: Mapping[int, str]) -> Line:
    issue = held.get(one.number)
    if issue is None:
        return Line(one, Deed.REFUSED, notes=(t(N_("没有这个问题编号，或不在您的范围内")),))
    if fold(one.problem) != fold(issue.problem):
        return Line(one, Deed.REFUSED, issue, notes=(t(N_("问题的内容和台账不一致，不能用表改")),))
    notes = [t(N_("“{name}”看不懂，没有改"), name=name) for name in one.faults]
    if one.state and fold(one.state) not in {fold(word) for word in _state_words(issue)}:
        notes.append(t(N_("状态不能用表改，请在网页上办")))
    remedy = one.remedy if fold(one.remedy) != fold(issue.remedy) else ""
    due = one.due_on is not None and one.due_on != issue.due_on
    report = one.report if fold(one.report) != fold(told.get(issue.pk, "")) else ""
    if (remedy or due) and State(issue.state) not in LIVE:
        return Line(one, Deed.REFUSED, issue, notes=(t(N_("已经销号或作废，不能再改")),))
    if (remedy or due) and issue.state in (State.SUBMITTED, State.EXTENSION_ASKED):
        return Line(one, Deed.REFUSED, issue, notes=(t(N_("正在等复核或批延期，现在不能改")),))
    deed = Deed.AMEND if remedy or due or report else Deed.SAME
    return Line(one, deed, issue, remedy=remedy, due=due, report=report, notes=tuple(notes))


def _state_words(issue: Issue) -> list[str]:
    """What the state may be called in a workbook of ours."""
    state = State(issue.state)
    code = register_state(state, issue.extended)
    return [t(STATE_NAMES[state]), VOCABULARY.codes["issue_state"].labels.get(code, "")]


class _Places:
    """Places by name within a division, and households by number."""

    def __init__(self, by: User, division: Division) -> None:
        self.by = by
        inside = Division.objects.below([division.code])
        self.named: dict[str, list[str]] = {}
        for code, name, parent in inside.values_list("code", "name", "parent__name"):
            for spelled in {fold(name), fold(f"{parent or ''}{name}")}:
                self.named.setdefault(spelled, []).append(code)
        self.codes = {code for codes in self.named.values() for code in codes}

    def division(self, name: str) -> str | None:
        """The one place of that name."""
        found = self.named.get(fold(name), [])
        return found[0] if len(found) == 1 else None

    def household(self, one: SheetIssue, place: str | None) -> Any | None:
        """The one household of that number, or of that head in the village."""
        seen = households().visible_to(self.by).exclude(village__isnull=True)
        if one.household_code:
            found = seen.filter(household_code=one.household_code)[:2]
        elif one.subject and place:
            found = seen.filter(head_name=one.subject, village__division_code=place)[:2]
        else:
            return None
        return found[0] if len(found) == 1 and found[0].village.division_code in self.codes else None


def _fresh(one: SheetIssue, kept: IssueFile, places: _Places) -> Line:
    """A line that is no issue of ours yet."""
    place = places.division(one.place) if one.place else None
    household = places.household(one, place)
    if household is None and one.household_code:
        return Line(one, Deed.REFUSED, notes=(t(N_("没有这个户编号，或不在您的范围内。")),))
    code = household.village.division_code if household is not None else place
    if code is None:
        words = N_("没有叫“{name}”的地方，或不止一个") if one.place else N_("没有写明地点")
        return Line(one, Deed.REFUSED, notes=(t(words, name=one.place),))
    kinds = {label: kind for kind, label in VOCABULARY.codes["issue_kind"].labels.items()}
    sources = {label: source for source, label in VOCABULARY.codes["issue_source"].labels.items()}
    notes = [t(N_("“{name}”看不懂，没有改"), name=name) for name in one.faults]
    if household is None and one.subject:
        notes.append(t(N_("没有对上户，只按名称登记")))
    new = New(
        Division(code=code),
        household.pk if household is not None else None,
        one.problem[:2_000],
        one.remedy[:2_000],
        one.responsible[:500],
        kind=kinds.get(one.kind, ""),
        source=sources.get(one.source, kept.source),
        subject_name="" if household is not None else one.subject[:200],
        due_on=one.due_on,
        found_on=one.found_on,
    )
    who = f"household {household.pk}" if household is not None else fold(one.subject)
    group = fingerprint(f"workbook {code} {who} {fold(one.problem)}".encode())[:32]
    return Line(one, Deed.RAISE, new=new, group=group, notes=tuple(notes))


@transaction.atomic
def commit(*, by: User, kept: IssueFile) -> IssueFile:
    """Do what the lines say, as it is now; lines that are refused change nothing."""
    require_can(by, Permission.ISSUE_DISPATCH, kept.division)
    _move(kept, FileState.COMMITTED)
    lines = lines_of(by, kept)
    news = [(one.new, one.group) for one in lines if one.new is not None and one.deed is Deed.RAISE]
    actions.raise_many(by, news, Origin.WORKBOOK)
    for one in lines:
        if one.deed is Deed.AMEND and one.issue is not None:
            _amend(by, one, one.issue)
    IssueFile.objects.filter(pk=kept.pk).update(counts=counts_of(lines))
    details: dict[str, object] = {"file": kept.pk, **counts_of(lines)}
    record(
        by=by,
        kind=EventKind.LEDGER_IMPORTED,
        subject="issue_file",
        subject_id=kept.pk,
        division=kept.division_id,
        details=details,
    )
    _forget(kept)
    kept.refresh_from_db()
    return kept


def _amend(by: User, one: Line, issue: Issue) -> None:
    if one.remedy or one.due:
        words = t(N_("整改措施：{remedy}"), remedy=one.remedy) if one.remedy else ""
        due_on = one.read.due_on if one.due else None
        actions.act(by=by, issue=issue, move=Move.AMEND, text=words, due_on=due_on, remedy=one.remedy)
    if one.report:
        actions.act(by=by, issue=issue, move=Move.COMMENT, text=one.report)


@transaction.atomic
def discard(*, by: User, kept: IssueFile) -> IssueFile:
    """Let go of a workbook that was not written."""
    require_can(by, Permission.ISSUE_DISPATCH, kept.division)
    _move(kept, FileState.DISCARDED)
    _forget(kept)
    kept.refresh_from_db()
    return kept


def _forget(kept: IssueFile) -> None:
    """The file itself goes once the transaction is over, unless somebody handed the same one in again."""
    others = IssueFile.objects.filter(stored_as=kept.stored_as, state=FileState.CHECKED.value)

    def gone() -> None:
        if not others.exists():
            default_storage.delete(kept.stored_as)

    transaction.on_commit(gone)


def _move(kept: IssueFile, goal: FileState) -> None:
    """Compare and set: a workbook is written or let go of once."""
    stands = IssueFile.objects.filter(pk=kept.pk, state=FileState.CHECKED.value)
    if stands.update(state=goal.value) != 1:
        remedy = N_("请刷新页面，看看现在到了哪一步。")
        raise _refused("state", N_("这张表已经办过"), kept.name, remedy)


def _refused(code: str, message: str, where: str, remedy: str) -> FileRefused:
    return FileRefused(Problem(f"ledger.{code}", Message(message), where, Message(remedy)))
