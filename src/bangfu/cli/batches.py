"""bangfu batches, undo: what was written into a register, and the way back."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Annotated

import typer

from bangfu.cli.console import progress, say, say_json, say_table, t
from bangfu.cli.edge import CHINA, now, register_key, user
from bangfu.cli.registers import AsJson, RegisterFolder
from bangfu.core.messages import N_
from bangfu.core.register import Batch, ChangeSet, Kind, ParquetRegister, open_register

KINDS = {
    Kind.IMPORT: N_("导入"),
    Kind.BIRTH: N_("出生"),
    Kind.DEATH: N_("死亡"),
    Kind.MARRIAGE_IN: N_("婚入"),
    Kind.MARRIAGE_OUT: N_("婚出"),
    Kind.MOVE: N_("迁移"),
    Kind.SPLIT: N_("分户"),
    Kind.MERGE: N_("并户"),
    Kind.RECODE: N_("换编号"),
    Kind.CHANGE_HEAD: N_("换户主"),
    Kind.IDENTIFICATION: N_("识别"),
    Kind.EXIT: N_("退出"),
    Kind.RETURN: N_("返贫"),
    Kind.REMOVAL: N_("剔除"),
    Kind.CORRECTION: N_("更正"),
    Kind.UNDO: N_("撤销"),
}


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(
        help=t(N_("列出登记库的各批改动：哪天、谁、从哪里来、有没有撤销。")),
        epilog=t(N_("示例：bangfu batches 登记库")),
    )(batches)
    app.command(
        help=t(N_("撤销一批改动（如导错的一次导入）；后来的批次以它为准时不能撤销。")),
        epilog=t(N_("示例：bangfu undo 登记库 3 --dry-run")),
    )(undo)


def batches(register: RegisterFolder, as_json: AsJson = False) -> None:
    """One line a batch, in the order in which they were written."""
    library = open_register(register, register_key())
    undone = library.undone()
    entries = library.batches()
    if as_json:
        say_json([
            {"batch": e.seq, "recorded_at": e.batch.recorded_at.isoformat(), "kind": e.batch.kind.value,
             "source": e.batch.source, "effective_on": e.batch.effective_on, "by": e.batch.by,
             "rows": _rows(library, e.seq), "undone": e.seq in undone, "undoes": e.batch.undoes}
            for e in entries
        ])  # fmt: skip
        return
    rows = [
        (
            entry.seq,
            entry.batch.recorded_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M"),
            t(KINDS[entry.batch.kind]),
            entry.batch.source,
            entry.batch.effective_on,
            entry.batch.by,
            _rows(library, entry.seq),
            _standing(entry.seq, entry.batch, undone),
        )
        for entry in entries
    ]
    heads = (
        N_("批次"),
        N_("登记时间"),
        N_("种类"),
        N_("来源"),
        N_("生效日"),
        N_("操作人"),
        N_("行数"),
        N_("状况"),
    )
    say_table([t(head) for head in heads], rows, numeric=(0, 6))
    say(t(N_("共 {count} 批。"), count=len(rows)))


def _rows(library: ParquetRegister, seq: int) -> int:
    return sum(table.rows for table in library.batches()[seq - 1].tables.values())


def _standing(seq: int, batch: Batch, undone: set[int]) -> str:
    if seq in undone:
        return t(N_("已撤销"))
    return "" if batch.undoes is None else t(N_("撤销第 {seq} 批"), seq=batch.undoes)


def undo(
    register: RegisterFolder,
    seq: Annotated[int, typer.Argument(metavar="BATCH", help=t(N_("第几批，见 bangfu batches。")))],
    reason: Annotated[str, typer.Option("--reason", help=t(N_("为什么撤销，记入登记库；不要写姓名。")))] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=t(N_("只看会改动什么，不写入。")))] = False,
    as_json: AsJson = False,
) -> None:
    """Append the inverse of a batch; the log keeps both."""
    library = open_register(register, register_key())
    key = hashlib.sha256(f"bangfu undo {seq} after {library.seq}".encode()).hexdigest()
    source = reason.strip() or t(N_("撤销第 {seq} 批"), seq=seq)
    moment = now()
    batch = Batch(key[:16], Kind.UNDO, source, moment.date(), moment, user(), key)
    with progress(t(N_("撤销"))):
        changes = library.undoing(seq, batch)
        written = None if dry_run else library.append(changes).seq
    if as_json:
        say_json({"batch": written, "undoes": seq, "tables": _by_table(changes)})
        return
    told = library.read(seq).batch
    say(t(N_("第 {seq} 批：{kind}，{source}，{by}，{day} 起生效。"), seq=seq, kind=t(KINDS[told.kind]),
          source=told.source, by=told.by, day=told.effective_on))  # fmt: skip
    heads = (N_("表"), N_("收回新增"), N_("恢复原值"), N_("恢复删去的"))
    names = library.vocabulary.tables
    say_table(
        [t(head) for head in heads],
        [(names[name].name, *counts.values()) for name, counts in _by_table(changes).items()],
        numeric=(1, 2, 3),
    )
    if dry_run:
        say(t(N_("这是核对，没有写入。去掉 --dry-run 即可撤销。")))
    else:
        say(
            t(
                N_("✓ 已撤销第 {seq} 批，记为第 {written} 批；要恢复，撤销第 {written} 批即可。"),
                seq=seq,
                written=written,
            )
        )


def _by_table(changes: ChangeSet) -> dict[str, dict[str, int]]:
    """How many rows go, get their values back, or come back."""
    found = {}
    for name, frame in sorted(changes.tables.items()):
        counts = Counter(frame["change"].to_list())
        if counts:
            found[name] = {what: counts[what] for what in ("remove", "update", "create")}
    return found
