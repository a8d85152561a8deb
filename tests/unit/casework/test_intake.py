"""What a run's findings mean for a ledger."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bangfu.core.casework import Found, Held, State, group_of, take_in

PLAN, JUNE, JULY, AUGUST = "s0", date(2024, 6, 30), date(2024, 7, 31), date(2024, 8, 31)
HOME = ("household", 1)


def found(criterion: str = "S0-1", period: str = "once", remedy: str = "参保", facts: str = "{}") -> Found:
    return Found((criterion, "household", 1, period), HOME, remedy, facts)


def held(one: Found, state: State, ended_on: date | None = None, issue: int = 1) -> Held:
    return Held(issue, group_of(PLAN, one.owner, one.remedy), state, ended_on, {one.key: one.digest()})


def test_thirty_findings_of_one_remedy_are_one_issue() -> None:
    many = [found(f"S0-{n}") for n in range(30)]
    [one] = take_in(PLAN, JUNE, many, []).raises
    assert len(one.findings) == 30
    assert len(take_in(PLAN, JUNE, [*many, found(remedy="修房")], []).raises) == 2


def test_a_finding_new_to_a_live_issue_joins_it() -> None:
    intake = take_in(PLAN, JUNE, [found(), found("S0-2")], [held(found(), State.WORKING)])
    assert (intake.raises, intake.still) == ((), (1,))
    assert intake.joins == {1: (found("S0-2"),)}


def test_what_a_run_no_longer_finds_is_told() -> None:
    assert take_in(PLAN, JUNE, [], [held(found(), State.SUBMITTED)]).cleared == (1,)


def test_what_is_back_after_closing_is_a_relapse() -> None:
    closed = held(found(), State.CLOSED, JULY)
    [again] = take_in(PLAN, AUGUST, [found()], [closed]).raises
    assert again.relapse_of == 1
    assert take_in(PLAN, JULY, [found()], [closed]).settled == 1, "a run of a day before says nothing new"


def test_a_closed_period_does_not_come_again() -> None:
    second_quarter = found(period="2024-Q2")
    closed = held(second_quarter, State.CLOSED, JULY)
    assert take_in(PLAN, AUGUST, [second_quarter], [closed]).settled == 1
    [again] = take_in(PLAN, AUGUST, [second_quarter, found(period="2024-Q3")], [closed]).raises
    assert [one.key[3] for one in again.findings] == ["2024-Q3"]


def test_what_was_void_comes_back_when_the_facts_differ() -> None:
    void = held(found(), State.VOID, JULY)
    assert take_in(PLAN, AUGUST, [found()], [void]).settled == 1
    [again] = take_in(PLAN, AUGUST, [found(facts='{"water": false}')], [void]).raises
    assert again.relapse_of is None


FOUND = st.lists(
    st.builds(
        found,
        st.sampled_from(["S0-1", "S0-2", "S0-3"]),
        st.sampled_from(["once", "2024-Q1"]),
        st.sampled_from(["参保", "修房"]),
    ),
    unique_by=lambda one: one.key,
)


@given(FOUND)
def test_the_same_run_twice_gives_nothing_the_second_time(findings: list[Found]) -> None:
    first = take_in(PLAN, JUNE, findings, [])
    now = [
        Held(n, one.group, State.OPEN, None, {f.key: f.digest() for f in one.findings})
        for n, one in enumerate(first.raises)
    ]
    second = take_in(PLAN, JUNE, findings, now)
    assert (second.raises, dict(second.joins), second.settled, second.cleared) == ((), {}, 0, ())
    assert sum(len(one.findings) for one in first.raises) == len(findings)
