"""The five outcomes of a criterion for a subject in a period."""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """One small integer per (criterion, subject, period)."""

    MET = 1
    UNMET = 2
    UNKNOWN = 3
    NOT_APPLICABLE = 4
    NOT_DUE = 5


FINDINGS = (Outcome.UNMET, Outcome.UNKNOWN)


def outcome_of(when: bool | None, holds: bool | None, is_closed: bool) -> Outcome:
    """The outcome from two truths (None: unknown). `is_closed`: the period has ended."""
    if when is False:
        return Outcome.NOT_APPLICABLE
    if when is None or holds is None:
        return Outcome.UNKNOWN if is_closed else Outcome.NOT_DUE
    return Outcome.MET if holds else Outcome.UNMET
