"""Issues in words: states with their signs, days left, who is to mend what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from django.utils import timezone
from django.utils.html import format_html

from bangfu.core.calendars import Calendar, load_calendar
from bangfu.core.casework import MOVE_NAMES, STATE_NAMES, Move, State, TimeLeft, time_left
from bangfu.core.documents.ledger import SEVERITIES
from bangfu.core.messages import N_
from bangfu.web.ledger.models import Issue
from bangfu.web.pages.text import code_label, t
from bangfu.web.registry.rows import VOCABULARY

# Signs that survive black-and-white print.
SIGNS: Mapping[State, str] = {
    State.OPEN: "○",
    State.ASSIGNED: "→",
    State.WORKING: "◐",
    State.EXTENSION_ASKED: "△",
    State.SUBMITTED: "?",
    State.RETURNED: "↩",
    State.CLOSED: "✓",
    State.VOID: "–",
}
RUN_OUTCOMES = {
    "unmet": N_("最近一次核查（{day}）仍未达标"),
    "unknown": N_("最近一次核查（{day}）待核实"),
    "cleared": N_("最近一次核查（{day}）没有再查出"),
}


@cache
def calendar() -> Calendar:
    """The working days that ship."""
    return load_calendar()


def state_name(state: str) -> str:
    """A state in words."""
    return t(STATE_NAMES[State(state)])


def move_name(move: str) -> str:
    """A move in words."""
    return t(MOVE_NAMES[Move(move)])


def state_badge(issue: Issue) -> str:
    """A state with its sign."""
    return format_html(
        '<span class="bf-state bf-state-{}"><span aria-hidden="true">{}</span> {}</span>',
        issue.state,
        SIGNS[State(issue.state)],
        state_name(issue.state),
    )


def left(issue: Issue, today: date | None = None) -> TimeLeft | None:
    """How long there is to mend the issue."""
    return time_left(State(issue.state), issue.due_on, today or timezone.localdate(), calendar())


def due_words(issue: Issue) -> str:
    """The day due and how far it is; what is overdue stands out."""
    how_long = left(issue)
    if how_long is None:
        return str(issue.due_on or "")
    return format_html(
        '<span class="bf-nowrap">{}</span> <span class="{}">{}</span>',
        issue.due_on,
        "bf-late" if how_long.is_overdue else "text-secondary",
        how_long.message().render(),
    )


def subject_of(issue: Issue) -> str:
    """Whom the issue is about."""
    if issue.household_id is None or issue.household is None:
        return issue.subject_name or issue.division.name
    return str(issue.household.head_name or issue.household.household_code or issue.household_id)


def who(issue: Issue) -> str:
    """Who is to mend it: whoever it is assigned to, else the plan's words."""
    return issue.assignee_name or issue.responsible


def severity_name(severity: str) -> str:
    """How grave it is, in words."""
    return t(SEVERITIES[severity])


def label(codes: str, code: str) -> str:
    """A code of the vocabulary in words; empty for none."""
    return code_label(VOCABULARY.codes[codes], code) if code else ""


def outcome_words(issue: Issue) -> str:
    """What the last run said."""
    if not issue.run_outcome:
        return ""
    return t(RUN_OUTCOMES[issue.run_outcome], day=issue.run_on)
