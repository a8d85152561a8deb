"""Snapshots of the register on the database, in the core's format."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bangfu.core.errors import Problem, SnapshotError
from bangfu.core.messages import N_, Message
from bangfu.core.register import VERSION
from bangfu.core.snapshots import Snapshot, write_snapshot
from bangfu.web.registry import log
from bangfu.web.registry.rows import VOCABULARY
from bangfu.web.registry.state import whole_state


def snapshot_register(as_of: date, folder: Path) -> Snapshot:
    """Snapshot of the register as of a day, as it knows that day now: keys and facts, no identity.

    Raises SnapshotError as `write_snapshot`, and where nothing had taken effect by that day.
    """
    state = whole_state(as_of)
    if not state.tables:
        message = Message(N_("到 {day} 为止登记库没有内容"), {"day": as_of})
        remedy = Message(N_("请换一个日期，或在导入时写明内容从哪一天起算。"))
        raise SnapshotError(Problem("snapshot.empty", message, remedy=remedy))
    tables = {name: frame.drop(VERSION) for name, frame in state.tables.items()}
    return write_snapshot(tables, as_of, folder, f"register:{log.last_seq()}", VOCABULARY)
