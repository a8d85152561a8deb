"""The life of an issue: its moves as one table, replayed from its acts; what findings mean for a ledger."""

from bangfu.core.casework.acting import (
    LACKS,
    Act,
    CaseError,
    Person,
    Standing,
    lacking,
    moves_open_to,
    raised,
    replay,
    step,
)
from bangfu.core.casework.deadlines import TimeLeft, is_overdue, time_left
from bangfu.core.casework.intake import Found, Held, Intake, Raise, group_of, take_in
from bangfu.core.casework.moves import (
    LIVE,
    MOVE_NAMES,
    RULES,
    STATE_NAMES,
    Capacity,
    Move,
    Need,
    Rule,
    State,
)

__all__ = [
    "LACKS",
    "LIVE",
    "MOVE_NAMES",
    "RULES",
    "STATE_NAMES",
    "Act",
    "Capacity",
    "CaseError",
    "Found",
    "Held",
    "Intake",
    "Move",
    "Need",
    "Person",
    "Raise",
    "Rule",
    "Standing",
    "State",
    "TimeLeft",
    "group_of",
    "is_overdue",
    "lacking",
    "moves_open_to",
    "raised",
    "replay",
    "step",
    "take_in",
    "time_left",
]
