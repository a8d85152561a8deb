"""What changes the register: every change is a batch of the log, its rows and an audit event, or nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404

from bangfu.core.errors import Problem, RegisterError
from bangfu.core.messages import N_, Message
from bangfu.core.register import (
    Batch,
    ChangeSet,
    Kind,
    Receipt,
    State,
    apply,
    conflicts,
    inverse,
    well_formed,
)
from bangfu.core.register.changes import ROW
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import Actor, record
from bangfu.web.registry import log
from bangfu.web.registry.fields import Sealed
from bangfu.web.registry.models import ChangeBatch
from bangfu.web.registry.rows import VOCABULARY, is_sealed, row_model
from bangfu.web.registry.state import WHOLE_FROM, state_for, whole_state
from bangfu.web.registry.story import rows_before
from bangfu.web.registry.writing import write_rows

_REASON = 2  # characters at least


@transaction.atomic
def apply_changes(
    *,
    by: Actor,
    change_set: ChangeSet,
    division: str = "",
    household: int | None = None,
    reason: str = "",
) -> Receipt:
    """Append a batch to the register, all of it or nothing.

    `household`: the one on whose page it was made; `reason`: why, for the audit log, without personal values.

    A batch whose idempotency key is known, or that changes nothing, is not written; an import that was undone
    may come again. Raises RegisterError with every problem that the core finds. Whoever calls has asked whether
    `by` may.
    """
    checked = well_formed(change_set, VOCABULARY)
    log.lock()
    known = _applied_under(checked.batch)
    if known is not None:
        return Receipt(known, False)
    before = state_for(checked)
    after = apply(checked, before, VOCABULARY)
    if not checked.rows and not checked.successors.height:
        return Receipt(log.last_seq(), False)
    entry = log.append(checked, by.pk)
    write_rows(checked, after)
    kind = EventKind.REGISTER_UNDONE if checked.batch.undoes else EventKind.REGISTER_CHANGED
    details: dict[str, object] = {
        "batch": entry.seq,
        "kind": entry.kind,
        "rows": {name: frame.height for name, frame in checked.tables.items()},
    }
    if reason:
        details["reason"] = reason
    subject = "household" if household is not None else ""
    record(by=by, kind=kind, subject=subject, subject_id=household, division=division, details=details)
    return Receipt(entry.seq, True)


@transaction.atomic
def undo_batch(
    *, by: Actor, seq: int, batch: Batch, division: str = "", household: int | None = None
) -> Receipt:
    """Append the inverse of a batch while nothing later depends on it.

    Raises RegisterError: no such batch, undone before, or rows touched or referred to since.
    """
    log.lock()
    entry = ChangeBatch.objects.filter(seq=seq).first()
    if entry is None:
        raise _refusal("no_batch", Message(N_("没有第 {seq} 批"), {"seq": seq}))
    known = _applied_under(batch)
    if known is not None:
        return Receipt(known, False)
    if seq in undone():
        raise _refusal("undone", Message(N_("第 {seq} 批已经撤销过"), {"seq": seq}))
    said = log.read(entry)
    undoing = inverse(said, state_before(said, seq), VOCABULARY, replace(batch, kind=Kind.UNDO))
    later = conflicts(undoing, state_for(undoing), VOCABULARY)
    if later.height:
        values = {"seq": seq, "count": later.height}
        message = Message(N_("第 {seq} 批中有 {count} 行后来又有改动，不能撤销"), values)
        raise _refusal("depended_on", message, Message(N_("请先撤销后来的批次，或改用更正。")))
    return apply_changes(by=by, change_set=undoing, division=division, household=household)


def state_before(change_set: ChangeSet, seq: int) -> State:
    """The register before batch `seq`, or of a small one only the rows that it speaks of."""
    if change_set.rows >= WHOLE_FROM:
        return whole_state(seq - 1)
    return rows_before({name: frame[ROW].to_list() for name, frame in change_set.tables.items()}, seq)


def undone() -> set[int]:
    """The batches taken back by an undo that was not itself taken back."""
    taken: set[int] = set()
    pairs = ChangeBatch.objects.filter(undoes__isnull=False).order_by("-seq").values_list("seq", "undoes")
    for seq, undoes in pairs:
        if seq not in taken and undoes is not None:
            taken.add(undoes)
    return taken


def _applied_under(batch: Batch) -> int | None:
    """The batch with the same idempotency key; an import that was undone does not count."""
    same = ChangeBatch.objects.filter(idempotency_key=batch.idempotency_key).order_by("seq")
    freed = undone() if same else set()
    for entry in same:
        if not (entry.seq in freed and entry.kind == Kind.IMPORT.value):
            return entry.seq
    return None


def _refusal(code: str, message: Message, remedy: Message | None = None) -> RegisterError:
    return RegisterError(Problem(f"register.{code}", message, remedy=remedy))


@transaction.atomic
def reveal_value(*, by: User, table: str, row: int, column: str, reason: str) -> str:
    """One closed value in full, with the reason in the audit log.

    Raises Http404 outside the user's divisions; RegisterError without a reason, or with a number in it.
    """
    declared = VOCABULARY.tables.get(table)
    if declared is None or column not in declared.columns or not is_sealed(declared.columns[column]):
        raise Http404
    seen = row_model(table).objects.visible_to(by, Permission.HOUSEHOLD_REVEAL)
    held = get_object_or_404(seen, pk=row)
    if len(reason.strip()) < _REASON or re.search(r"\d{8}", reason):
        remedy = Message(N_("写明为什么要看，例如“核对银行卡号”；不要写证件号码、电话或账号。"))
        raise _refusal("purpose", Message(N_("没有写明事由")), remedy)
    details: dict[str, object] = {"column": column, "reason": reason.strip()[:80]}
    record(by=by, kind=EventKind.VALUE_REVEALED, subject=table, subject_id=row, details=details)
    value = getattr(held, column)
    return value.reveal() if isinstance(value, Sealed) else ""
