"""Take workbooks in, check them, write them, take them back. All meaning is the core's (`core.sheets`)."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from bangfu.core.errors import Problem, UserError, WorkbookError
from bangfu.core.messages import N_, Message
from bangfu.core.register import Batch, Kind
from bangfu.core.sheets import (
    ImportResult,
    Options,
    mark_workbook,
    plan_import,
    read_workbook,
    stage_workbook,
)
from bangfu.core.sheets.archive import Limits
from bangfu.web.access import Permission
from bangfu.web.accounts.actions import require_can
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.divisions.loading import known_divisions
from bangfu.web.divisions.models import Division
from bangfu.web.imports.models import ImportBatch, KeptFile, Move, Purpose, State, keep, stored_names, sweep
from bangfu.web.keyring import fingerprint
from bangfu.web.registry.actions import apply_changes, undo_batch
from bangfu.web.registry.rows import VOCABULARY
from bangfu.web.registry.state import whole_state

LIMITS = Limits(file_bytes=50 << 20, whole_bytes=50 << 20, unpacked_bytes=1 << 30)
_ENDINGS = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt")


class ImportRefused(UserError):
    """What was asked of an import cannot be done."""


@dataclass(frozen=True)
class Checked:
    """A check: what the import would do, and the marked copies by name."""

    result: ImportResult
    marked: Sequence[tuple[str, bytes]]


@transaction.atomic
def upload(
    *,
    by: User,
    division: Division,
    files: Sequence[UploadedFile[Any]],
    effective_on: date,
    year: int | None = None,
    complete_on: date | None = None,
) -> ImportBatch:
    """Keep the workbooks that somebody hands in for a division. Raises ImportRefused for what is no workbook."""
    require_can(by, Permission.IMPORT_COMMIT, division)
    for file in files:
        _require_workbook(file)
    batch = ImportBatch.objects.create(
        division=division, effective_on=effective_on, year=year, complete_on=complete_on, uploaded_by=by
    )
    for file in files:
        content = file.read()
        keep(batch, Purpose.UPLOADED, Path(file.name or "").name[-120:], content, fingerprint(content))
    return batch


def _require_workbook(file: UploadedFile[Any]) -> None:
    name = Path(file.name or "").name
    if not name.lower().endswith(_ENDINGS):
        remedy = Message(N_("请上传 xlsx、xls 或 csv 文件。"))
        raise ImportRefused(Problem("import.kind", Message(N_("这不是工作簿")), name, remedy))
    if (file.size or 0) > LIMITS.file_bytes:
        remedy = Message(N_("请分成几个文件上传，每个不超过 50 MB。"))
        raise ImportRefused(Problem("import.size", Message(N_("文件太大")), name, remedy))


def check(*, by: User, batch: ImportBatch) -> ImportBatch:
    """Dry run: what the import would change, and which cells are wrong. Nothing is written to the register."""
    require_can(by, Permission.IMPORT_COMMIT, batch.division)
    _require(batch, Move.CHECK)
    before = stored_names(batch)
    try:
        _keep_check(by, batch, _plan(batch, with_marks=True))
    except WorkbookError as error:
        _keep_refusal(by, batch, error.problems)
    sweep(before)
    return batch


def _plan(batch: ImportBatch, with_marks: bool) -> Checked:
    """Read, match and compare, in a folder that is gone afterwards."""
    today = timezone.localdate()
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        paths = []
        for file in batch.files.filter(purpose=Purpose.UPLOADED.value):
            path = Path(folder) / file.name
            path.write_bytes(file.content())
            paths.append(path)
        staged = [stage_workbook(read_workbook(path, LIMITS), VOCABULARY, today) for path in paths]
        options = Options(batch.division_id, batch.year, batch.complete_on)
        result = plan_import(whole_state(), staged, known_divisions(), VOCABULARY, options)
        marked = []
        if with_marks:
            out = Path(folder) / "marked"
            out.mkdir()
            targets = [mark_workbook(path, result, out) for path in paths]
            marked = [(target.name, target.read_bytes()) for target in targets if target is not None]
    return Checked(result, marked)


@transaction.atomic
def _keep_refusal(by: User, batch: ImportBatch, problems: Sequence[Problem]) -> None:
    _move(batch, Move.CHECK, State.REFUSED, refusals=[_said(one) for one in problems], counts={}, notes=[])
    _drop_results(batch)
    record(
        by=by,
        kind=EventKind.IMPORT_CHECKED,
        subject="import",
        subject_id=batch.pk,
        division=batch.division_id,
    )


@transaction.atomic
def _keep_check(by: User, batch: ImportBatch, checked: Checked) -> None:
    result = checked.result
    counts = result.counts
    _move(
        batch,
        Move.CHECK,
        State.REFUSED if result.refusals else State.CHECKED,
        counts={name: dict(v) if hasattr(v, "items") else v for name, v in vars(counts).items()},
        refusals=[_said(one) for one in result.refusals],
        notes=[_said(one) for one in result.notes],
        problem_count=result.problems.height,
        digest=_digest(result),
    )
    _drop_results(batch)
    for name, content in checked.marked:
        keep(batch, Purpose.MARKED, name, content, fingerprint(content))
    buffer = io.BytesIO()
    result.problems.write_ipc(buffer, compression="zstd")
    keep(batch, Purpose.PROBLEMS, "problems", buffer.getvalue(), fingerprint(buffer.getvalue()))
    details: dict[str, object] = {"rows": counts.rows, "problems": result.problems.height}
    record(
        by=by,
        kind=EventKind.IMPORT_CHECKED,
        subject="import",
        subject_id=batch.pk,
        division=batch.division_id,
        details=details,
    )


def _said(problem: Problem) -> dict[str, str]:
    """A problem of a whole sheet as kept; such a problem quotes no cell."""
    remedy = problem.remedy.render() if problem.remedy else ""
    return {"message": problem.message.render(), "where": problem.where, "remedy": remedy}


def _drop_results(batch: ImportBatch) -> None:
    batch.files.exclude(purpose=Purpose.UPLOADED.value).delete()


def _digest(result: ImportResult) -> str:
    """Tells whether two plans would change the same rows in the same way."""
    parts = []
    for name, frame in sorted(result.tables.items()):
        buffer = io.BytesIO()
        frame.write_ipc(buffer)
        parts.append(name.encode() + buffer.getvalue())
    return fingerprint(b"".join(parts))


def commit(*, by: User, batch: ImportBatch) -> ImportBatch:
    """Write exactly what the check showed. Raises ImportRefused where the register has moved since."""
    require_can(by, Permission.IMPORT_COMMIT, batch.division)
    _require(batch, Move.COMMIT)
    result = _plan(batch, with_marks=False).result
    if _digest(result) != batch.digest:
        remedy = Message(N_("请重新核对，看过新的结果再写入。"))
        raise ImportRefused(
            Problem("import.moved", Message(N_("核对之后，登记内容又有了变化")), remedy=remedy)
        )
    names = "、".join(file.name for file in batch.files.filter(purpose=Purpose.UPLOADED.value))
    key = fingerprint(f"import {batch.pk} {batch.digest}".encode())
    said = Batch(
        batch_id=key[:16],
        kind=Kind.IMPORT,
        source=names[:200],
        effective_on=batch.effective_on,
        recorded_at=timezone.now(),
        by=by.username,
        idempotency_key=key,
    )
    with transaction.atomic():
        receipt = apply_changes(by=by, change_set=result.change_set(said), division=batch.division_id)
        _move(batch, Move.COMMIT, State.COMMITTED, seq=receipt.seq if receipt.is_new else None)
    return batch


def undo(*, by: User, batch: ImportBatch) -> ImportBatch:
    """Take the import back while nothing later depends on it. Raises RegisterError."""
    require_can(by, Permission.IMPORT_UNDO, batch.division)
    _require(batch, Move.UNDO)
    with transaction.atomic():
        if batch.seq is not None:
            key = f"undo {batch.pk} {batch.seq}"
            said = Batch(
                batch_id=fingerprint(key.encode())[:16],
                kind=Kind.UNDO,
                source=f"import {batch.pk}",
                effective_on=batch.effective_on,
                recorded_at=timezone.now(),
                by=by.username,
                idempotency_key=key,
            )
            undo_batch(by=by, seq=batch.seq, batch=said, division=batch.division_id)
        _move(batch, Move.UNDO, State.UNDONE)
    return batch


def discard(*, by: User, batch: ImportBatch) -> ImportBatch:
    """Let go of an import that was never written."""
    require_can(by, Permission.IMPORT_COMMIT, batch.division)
    before = stored_names(batch)
    with transaction.atomic():
        _move(batch, Move.DISCARD, State.DISCARDED)
        batch.files.all().delete()
    sweep(before)
    return batch


@transaction.atomic
def read_file(*, by: User, file: KeptFile) -> bytes:
    """A file of an import in full; that it was read is recorded."""
    require_can(by, Permission.IMPORT_COMMIT, file.batch.division)
    details: dict[str, object] = {"purpose": file.purpose, "file": file.pk}
    record(
        by=by,
        kind=EventKind.IMPORT_FILE_READ,
        subject="import",
        subject_id=file.batch_id,
        division=file.batch.division_id,
        details=details,
    )
    return file.content()


def problems_of(batch: ImportBatch) -> pl.DataFrame | None:
    """The cells that the last check found wrong, as `core.sheets.results.PROBLEMS`; None before any check."""
    kept = batch.files.filter(purpose=Purpose.PROBLEMS.value).last()
    return None if kept is None else pl.read_ipc(io.BytesIO(kept.content()))


def _require(batch: ImportBatch, move: Move) -> None:
    if not batch.allows(move):
        remedy = Message(N_("请刷新页面，看看现在到了哪一步。"))
        raise ImportRefused(Problem("import.state", Message(N_("这批导入现在不能这样办")), remedy=remedy))


def _move(batch: ImportBatch, move: Move, goal: State, **values: object) -> None:
    """Compare and set: of two people at once, one moves the import and the other is told."""
    _require(batch, move)
    moved = ImportBatch.objects.filter(pk=batch.pk, state=batch.state).update(state=goal.value, **values)
    if moved != 1:
        raise ImportRefused(Problem("import.state", Message(N_("这批导入刚被别人办过"))))
    batch.refresh_from_db()
