"""A lawful change made, asked for, approved, refused, withdrawn, taken back. One transaction each."""

from __future__ import annotations

import json
import re
from datetime import date

import polars as pl
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message
from bangfu.core.register import Batch, ChangeSet, Kind, Receipt, State
from bangfu.core.register.changes import ROW
from bangfu.web.access import Permission
from bangfu.web.accounts.actions import require_can
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.keyring import fingerprint
from bangfu.web.registry import log
from bangfu.web.registry.actions import apply_changes, state_before, undo_batch
from bangfu.web.registry.lawful.forms import ChangeForm
from bangfu.web.registry.models import ChangeBatch, ChangeRequest, RequestState
from bangfu.web.registry.rows import VOCABULARY, rows
from bangfu.web.registry.state import state_of_households
from bangfu.web.registry.story import homes_in


class ChangeError(UserError):
    """A change that cannot be made as asked."""


def _refusal(code: str, template: str, remedy: str) -> ChangeError:
    return ChangeError(Problem(f"change.{code}", Message(template), remedy=Message(remedy)))


def drawn(form: ChangeForm, batch: Batch) -> tuple[ChangeSet, State]:
    """The change set of a valid form, and the state that it was drawn up against.

    Raises RegisterError where it is not lawful, ChangeError where it reaches beyond what the user may change.
    """
    state = state_of_households(form.households(), form.also())
    change_set = form.draw(state, batch)
    _require_within(form.home.user, change_set, state)
    return change_set, state


def batch_of(form: ChangeForm, by: User, key: str, source: str) -> Batch:
    """Who says it, since when. `key`: what the browser sends twice if it sends the form twice."""
    day: date = form.cleaned_data["effective_on"]
    return Batch(key, form.kind, source, day, timezone.now(), by.get_username(), f"{by.pk}:{key}")


def mark_of(form: ChangeForm) -> str:
    """What the households and their people are like now; another mark means that somebody changed them."""
    seen = sorted(
        (name, *pair)
        for name, path in (("household", "pk__in"), ("person", "household_id__in"))
        for pair in rows(name).filter(**{path: form.households()}).values_list("pk", "row_version")
    )
    return fingerprint(json.dumps(seen).encode())[:32]


def _require_within(by: User, change_set: ChangeSet, state: State) -> None:
    """Raises ChangeError unless every household touched lies where the user may change something."""
    homes = homes_in(change_set, state)
    standing = set(rows("household").filter(pk__in=homes).values_list("pk", flat=True))
    seen = rows("household").visible_to(by, Permission.HOUSEHOLD_CHANGE).filter(pk__in=homes)
    mine = set(seen.values_list("pk", flat=True))
    villages: set[int] = set()
    frame = change_set.tables.get("household")
    if frame is not None:
        villages = set(frame["village_id"].drop_nulls().to_list())
        left = frame.filter(pl.col("village_id").is_not_null())[ROW]
        old = state.rows(VOCABULARY.tables["household"]).filter(pl.col("household_id").is_in(left.implode()))
        villages.update(old["village_id"].drop_nulls().to_list())
    known = rows("village").visible_to(by, Permission.HOUSEHOLD_CHANGE).filter(pk__in=villages)
    if standing - mine or villages - set(known.values_list("pk", flat=True)):
        raise _refusal("outside", N_("有的户或村不在您的范围内"), N_("请由上一级办理。"))


@transaction.atomic
def make_change(*, by: User, form: ChangeForm, token: str, seen: str) -> Receipt:
    """Apply the change of a valid form. `seen`: the mark under which it was looked through.

    Raises ChangeError: it needs a second person, or somebody changed the household meanwhile.
    """
    require_can(by, Permission.HOUSEHOLD_CHANGE, form.home.place)
    if form.needs_second:
        raise _refusal("second", N_("这项变更要由另一个人批准"), N_("请提交申请。"))
    log.lock()
    known = ChangeBatch.objects.filter(idempotency_key=f"{by.pk}:{token}").first()
    if known is not None:
        return Receipt(known.seq, False)
    if seen != mark_of(form):
        raise _refusal("moved", N_("您核对时，别人改动了这一户"), N_("请按现在的内容再核对一遍。"))
    change_set, _ = drawn(form, batch_of(form, by, token, "page"))
    return apply_changes(
        by=by,
        change_set=change_set,
        division=form.home.place,
        household=form.home.key,
        reason=without_numbers(form.cleaned_data.get("reason", "")),
    )


def without_numbers(text: str) -> str:
    """A reason for the audit log. Raises ChangeError where it holds a number as long as a phone's."""
    if re.search(r"\d{8}", text):
        raise _refusal("number", N_("理由里有长串数字"), N_("不要写证件号码、电话或账号。"))
    return text.strip()[:200]


@transaction.atomic
def propose(*, by: User, form: ChangeForm, token: str) -> ChangeRequest:
    """Ask for the change of a valid form; it must be lawful now. Sent twice, it is asked for once.

    Raises ChangeError where the same is asked for already; RegisterError where it is not lawful.
    """
    require_can(by, Permission.HOUSEHOLD_CHANGE, form.home.place)
    key = f"{by.pk}:{token}"
    known = ChangeRequest.objects.filter(token=key).first()
    if known is not None:
        return known
    without_numbers(form.cleaned_data.get("reason", ""))
    same = ChangeRequest.objects.waiting().filter(household=form.home.key, slug=form.slug)
    if same.exists():
        raise _refusal("asked", N_("这一户已有同样的申请等着批准"), N_("先等那件申请办完，或请申请人撤回。"))
    drawn(form, batch_of(form, by, token, "page"))
    row = rows("household").get(pk=form.home.key)
    request = ChangeRequest.objects.create(
        household=form.home.key,
        slug=form.slug,
        division=form.home.place,
        values=json.dumps(dict(form.data.lists()), ensure_ascii=False),  # type: ignore[attr-defined]
        base_version=row.row_version,
        token=key,
        proposed_by=by,
        proposed_at=timezone.now(),
    )
    _record(by, EventKind.CHANGE_PROPOSED, request)
    return request


def data_of(request: ChangeRequest) -> QueryDict:
    """The form as it was filled in."""
    data = QueryDict(mutable=True)
    values = request.values
    text = values if isinstance(values, str) else values.reveal()
    for name, sent in json.loads(text).items():
        data.setlist(name, sent)
    return data


@transaction.atomic
def approve(*, by: User, request: ChangeRequest, form: ChangeForm, seen: int) -> Receipt:
    """Apply what somebody else asked for. `seen`: the household's version that the approver looked at; `form`:
    the request's form on the household as it is now.

    Raises ChangeError: one's own request, decided already, the household moved meanwhile.
    """
    require_can(by, Permission.HOUSEHOLD_APPROVE, request.division)
    if request.proposed_by_id == by.pk:
        raise _refusal("own", N_("自己提出的申请不能自己批准"), N_("请另一位有批准权限的人办理。"))
    log.lock()
    now = rows("household").filter(pk=request.household).values_list("row_version", flat=True).first()
    if now != seen:
        raise _refusal("moved", N_("您核对时，别人改动了这一户"), N_("请按现在的内容再核对一遍。"))
    if not form.is_valid():
        raise _refusal("stale", N_("按现在的登记，这件申请办不了"), N_("请退回，由申请人重新提出。"))
    _decide(request, by, RequestState.APPLIED)
    batch = batch_of(form, by, f"request-{request.pk}", f"request {request.pk}")
    change_set, _ = drawn(form, batch)
    receipt = apply_changes(
        by=by, change_set=change_set, division=request.division, household=request.household
    )
    ChangeRequest.objects.filter(pk=request.pk).update(batch=receipt.seq)
    _record(by, EventKind.CHANGE_APPROVED, request, {"batch": receipt.seq})
    return receipt


@transaction.atomic
def refuse(*, by: User, request: ChangeRequest, reason: str) -> None:
    """Send a request back with a reason. Raises ChangeError without one, or where it was decided already."""
    require_can(by, Permission.HOUSEHOLD_APPROVE, request.division)
    if request.proposed_by_id == by.pk:
        raise _refusal("own", N_("自己提出的申请不能自己退回"), N_("不想办了可以撤回。"))
    if len(reason.strip()) < 2:
        raise _refusal("reason", N_("没有写退回的理由"), N_("写明哪里不符合、要补什么。"))
    _decide(request, by, RequestState.REFUSED, reason.strip()[:500])
    _record(by, EventKind.CHANGE_REFUSED, request)


@transaction.atomic
def withdraw(*, by: User, request: ChangeRequest) -> None:
    """Take one's own request back. Raises ChangeError for others', or where it was decided already."""
    require_can(by, Permission.HOUSEHOLD_CHANGE, request.division)
    if request.proposed_by_id != by.pk:
        raise _refusal("others", N_("只有申请人能撤回"), N_("不同意可以退回，写明理由。"))
    _decide(request, by, RequestState.WITHDRAWN)
    _record(by, EventKind.CHANGE_WITHDRAWN, request)


def _decide(request: ChangeRequest, by: User, state: RequestState, answer: str | None = None) -> None:
    waiting = ChangeRequest.objects.waiting().filter(pk=request.pk)
    decided = {"state": state.value, "decided_by": by, "decided_at": timezone.now(), "answer": answer}
    if not waiting.update(**decided):
        raise _refusal("decided", N_("这件申请已经办过了"), N_("请刷新页面看结果。"))


def _record(by: User, kind: EventKind, request: ChangeRequest, more: dict[str, object] | None = None) -> None:
    record(
        by=by,
        kind=kind,
        subject="household",
        subject_id=request.household,
        division=request.division,
        details={"request": request.pk, "change": request.slug, **(more or {})},
    )


@transaction.atomic
def undo_change(*, by: User, household: int, seq: int, place: str) -> Receipt:
    """Take back a change that was made on a household's page, while nothing later depends on it.

    Raises ChangeError for batches of other kinds and beyond what one may change; RegisterError: too late.
    """
    require_can(by, Permission.HOUSEHOLD_CHANGE, place)
    log.lock()
    entry = ChangeBatch.objects.filter(seq=seq).exclude(kind__in=NOT_UNDONE_HERE).first()
    said = log.read(entry) if entry is not None else None
    before = state_before(said, seq) if said is not None else None
    if entry is None or said is None or before is None or household not in homes_in(said, before):
        raise _refusal("no_undo", N_("这一批不能在户页面撤销"), N_("导入的批次请到“导入”里撤销。"))
    if entry.source.startswith("request "):
        require_can(by, Permission.HOUSEHOLD_APPROVE, place)
    _require_within(by, said, before)
    day = entry.effective_on
    batch = Batch(
        f"undo-{seq}", Kind.UNDO, f"undo {seq}", day, timezone.now(), by.get_username(), f"undo:{seq}"
    )
    return undo_batch(by=by, seq=seq, batch=batch, division=place, household=household)


NOT_UNDONE_HERE = (Kind.IMPORT.value, Kind.UNDO.value, Kind.RECODE.value)
