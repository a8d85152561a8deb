"""The states of an issue and the moves between them, as one table: from where, to where, by whom, with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bangfu.core.messages import N_


class State(StrEnum):
    """How far an issue has come."""

    OPEN = "open"
    ASSIGNED = "assigned"
    WORKING = "working"
    EXTENSION_ASKED = "extension_asked"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    CLOSED = "closed"
    VOID = "void"


LIVE = frozenset(State) - {State.CLOSED, State.VOID}
STATE_NAMES: Mapping[State, str] = {
    State.OPEN: N_("待派单"),
    State.ASSIGNED: N_("已派单"),
    State.WORKING: N_("整改中"),
    State.EXTENSION_ASKED: N_("延期待批"),
    State.SUBMITTED: N_("待复核"),
    State.RETURNED: N_("退回"),
    State.CLOSED: N_("已销号"),
    State.VOID: N_("作废"),
}


class Move(StrEnum):
    """What may happen to an issue."""

    RAISE = "raise"
    ASSIGN = "assign"
    TAKE_BACK = "take_back"
    START = "start"
    PROVE = "prove"
    SUBMIT = "submit"
    RETURN = "return"
    CLOSE = "close"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    AMEND = "amend"
    FOUND_AGAIN = "found_again"
    RELAPSE = "relapse"
    VOID = "void"
    COMMENT = "comment"


MOVE_NAMES: Mapping[Move, str] = {
    Move.RAISE: N_("立账"),
    Move.ASSIGN: N_("派单"),
    Move.TAKE_BACK: N_("撤回派单"),
    Move.START: N_("开始整改"),
    Move.PROVE: N_("上传佐证"),
    Move.SUBMIT: N_("整改完成，报请复核"),
    Move.RETURN: N_("退回"),
    Move.CLOSE: N_("销号"),
    Move.ASK_EXTENSION: N_("申请延期"),
    Move.GRANT_EXTENSION: N_("同意延期"),
    Move.REFUSE_EXTENSION: N_("不同意延期"),
    Move.AMEND: N_("更改内容"),
    Move.FOUND_AGAIN: N_("再次查出"),
    Move.RELAPSE: N_("销号后又查出"),
    Move.VOID: N_("作废"),
    Move.COMMENT: N_("留言"),
}


class Capacity(StrEnum):
    """As what somebody acts on an issue."""

    READER = "reader"
    DISPATCHER = "dispatcher"
    RESPONSIBLE = "responsible"
    REVIEWER = "reviewer"
    APPROVER = "approver"  # to whom the plan sends a request for more time


class Need(StrEnum):
    """What a move cannot do without."""

    REASON = "reason"  # in writing
    ASSIGNEE = "assignee"
    EVIDENCE = "evidence"  # of the mended state, since the issue was last returned
    LATER_DUE = "later_due"  # a day after the one due now
    LINK = "link"  # the other issue
    SECOND_PERSON = "second_person"  # nobody who had a hand in the work
    FRESH_ASSIGNMENT = "fresh_assignment"  # nothing happened since it was assigned


@dataclass(frozen=True)
class Rule:
    """A line of the table. `ends`: None, where the state stays as it is (or, taken back, as it was)."""

    begins: frozenset[State]
    ends: State | None
    by: Capacity
    needs: frozenset[Need] = frozenset()


_IN_HAND = frozenset({State.ASSIGNED, State.WORKING, State.RETURNED})
_UNDER_WAY = frozenset({State.OPEN}) | _IN_HAND


def _rule(begins: frozenset[State] | State, ends: State | None, by: Capacity, *needs: Need) -> Rule:
    return Rule(frozenset({begins}) if isinstance(begins, State) else begins, ends, by, frozenset(needs))


# An issue begins with RAISE, which therefore begins nowhere.
RULES: Mapping[Move, Rule] = {
    Move.RAISE: _rule(frozenset(), State.OPEN, Capacity.DISPATCHER),
    Move.ASSIGN: _rule(_UNDER_WAY, State.ASSIGNED, Capacity.DISPATCHER, Need.ASSIGNEE),
    Move.TAKE_BACK: _rule(State.ASSIGNED, None, Capacity.DISPATCHER, Need.FRESH_ASSIGNMENT),
    Move.START: _rule(frozenset({State.ASSIGNED, State.RETURNED}), State.WORKING, Capacity.RESPONSIBLE),
    Move.PROVE: _rule(_IN_HAND | {State.EXTENSION_ASKED}, None, Capacity.RESPONSIBLE),
    Move.SUBMIT: _rule(
        _IN_HAND | {State.EXTENSION_ASKED},
        State.SUBMITTED,
        Capacity.RESPONSIBLE,
        Need.REASON,
        Need.EVIDENCE,
    ),
    Move.RETURN: _rule(State.SUBMITTED, State.RETURNED, Capacity.REVIEWER, Need.REASON, Need.SECOND_PERSON),
    Move.CLOSE: _rule(State.SUBMITTED, State.CLOSED, Capacity.REVIEWER, Need.EVIDENCE, Need.SECOND_PERSON),
    Move.ASK_EXTENSION: _rule(
        _IN_HAND, State.EXTENSION_ASKED, Capacity.RESPONSIBLE, Need.REASON, Need.LATER_DUE
    ),
    Move.GRANT_EXTENSION: _rule(State.EXTENSION_ASKED, State.WORKING, Capacity.APPROVER, Need.SECOND_PERSON),
    Move.REFUSE_EXTENSION: _rule(
        State.EXTENSION_ASKED, State.WORKING, Capacity.APPROVER, Need.REASON, Need.SECOND_PERSON
    ),
    Move.AMEND: _rule(_UNDER_WAY, None, Capacity.DISPATCHER),
    Move.FOUND_AGAIN: _rule(LIVE, None, Capacity.DISPATCHER),
    Move.RELAPSE: _rule(State.CLOSED, None, Capacity.DISPATCHER, Need.LINK),
    Move.VOID: _rule(_UNDER_WAY, State.VOID, Capacity.DISPATCHER, Need.REASON, Need.SECOND_PERSON),
    Move.COMMENT: _rule(frozenset(State), None, Capacity.READER, Need.REASON),
}
