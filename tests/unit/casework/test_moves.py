"""The life of an issue: every move of the table, what each needs, and that the acts replayed prove the state."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.core.casework import (
    LIVE,
    MOVE_NAMES,
    RULES,
    STATE_NAMES,
    Act,
    Capacity,
    CaseError,
    Move,
    Need,
    Person,
    Standing,
    State,
    lacking,
    moves_open_to,
    raised,
    replay,
    step,
)

OFFICER, HELPER, REVIEWER = (Person(frozenset({name})) for name in ("user:1", "user:2", "user:3"))
JULY, AUGUST = date(2024, 7, 31), date(2024, 8, 31)
RAISED = Act(Move.RAISE, OFFICER, due_on=JULY)
ASSIGNED = Act(Move.ASSIGN, OFFICER, assignee="user:2")
SUBMITTED = Act(Move.SUBMIT, HELPER, text="水管已接通", evidence=1)


def after(*acts: Act) -> Standing:
    return replay([RAISED, *acts])


def problems(*acts: Act) -> list[str]:
    with pytest.raises(CaseError) as caught:
        after(*acts)
    return [problem.code for problem in caught.value.problems]


def test_from_raised_to_closed() -> None:
    standing = after(ASSIGNED, Act(Move.START, HELPER), SUBMITTED, Act(Move.CLOSE, REVIEWER))
    assert (standing.state, standing.acts, standing.due_on) == (State.CLOSED, 5, JULY)


@pytest.mark.requirement("S0-14", "S3-47")
def test_whoever_did_the_work_does_not_close_it() -> None:
    by_helper = Act(Move.CLOSE, HELPER)
    assert problems(ASSIGNED, SUBMITTED, by_helper) == ["casework.second_person"]
    same_human_being = Person(frozenset({"user:9", "user:2"}))
    assert problems(ASSIGNED, SUBMITTED, Act(Move.CLOSE, same_human_being)) == ["casework.second_person"]


def test_the_assignee_does_not_close_what_somebody_else_did() -> None:
    by_another = Act(Move.SUBMIT, REVIEWER, text="好了", evidence=1)
    assert problems(ASSIGNED, by_another, Act(Move.CLOSE, HELPER)) == ["casework.second_person"]


def test_a_wrong_assignee_may_review_later() -> None:
    again = Act(Move.ASSIGN, OFFICER, assignee="user:4")
    by_fourth = Act(Move.SUBMIT, Person(frozenset({"user:4"})), text="好了", evidence=1)
    assert after(ASSIGNED, again, by_fourth, Act(Move.CLOSE, HELPER)).state is State.CLOSED


def test_without_evidence_and_words_nothing_is_submitted() -> None:
    assert problems(ASSIGNED, Act(Move.SUBMIT, HELPER, text=" ")) == ["casework.reason", "casework.evidence"]
    proved = Act(Move.PROVE, HELPER, evidence=2)
    assert after(ASSIGNED, proved, Act(Move.SUBMIT, HELPER, text="好了")).state is State.SUBMITTED


def test_what_was_returned_needs_new_evidence() -> None:
    returned = Act(Move.RETURN, REVIEWER, text="照片看不清")
    assert after(ASSIGNED, SUBMITTED, returned).state is State.RETURNED
    assert problems(ASSIGNED, SUBMITTED, returned, Act(Move.SUBMIT, HELPER, text="好了")) == [
        "casework.evidence"
    ]
    assert after(ASSIGNED, SUBMITTED, returned, SUBMITTED).evidence == 1


@pytest.mark.requirement("S0-15")
def test_more_time_is_asked_in_writing_and_granted_by_another() -> None:
    ask = Act(Move.ASK_EXTENSION, HELPER, text="汛期不能施工", due_on=AUGUST)
    assert after(ASSIGNED, ask).asked_due_on == AUGUST
    granted = after(ASSIGNED, ask, Act(Move.GRANT_EXTENSION, OFFICER))
    assert (granted.state, granted.due_on, granted.extended, granted.asked_due_on) == (
        State.WORKING,
        AUGUST,
        1,
        None,
    )
    refused = after(ASSIGNED, ask, Act(Move.REFUSE_EXTENSION, OFFICER, text="可以施工"))
    assert (refused.state, refused.due_on, refused.extended, refused.asked_due_on) == (
        State.WORKING,
        JULY,
        0,
        None,
    )
    assert problems(ASSIGNED, ask, Act(Move.GRANT_EXTENSION, HELPER)) == ["casework.second_person"]
    assert problems(ASSIGNED, Act(Move.ASK_EXTENSION, HELPER, due_on=JULY)) == [
        "casework.reason",
        "casework.later_due",
    ]


def test_without_a_day_due_any_day_may_be_asked_for() -> None:
    ask = Act(Move.ASK_EXTENSION, HELPER, text="汛期", due_on=AUGUST)
    assert replay([Act(Move.RAISE, OFFICER), ASSIGNED, ask]).asked_due_on == AUGUST
    assert problems(ASSIGNED, Act(Move.ASK_EXTENSION, HELPER, text="汛期")) == ["casework.later_due"]


def test_an_assignment_is_taken_back_while_nothing_followed() -> None:
    back = Act(Move.TAKE_BACK, OFFICER)
    assert after(ASSIGNED, back) == Standing(State.OPEN, due_on=JULY, acts=3)
    again = Act(Move.ASSIGN, OFFICER, assignee="user:3", due_on=AUGUST)
    standing = after(ASSIGNED, Act(Move.START, HELPER), again, back)
    assert (standing.state, standing.assignee, standing.due_on) == (State.WORKING, "user:2", JULY)
    commented = Act(Move.COMMENT, OFFICER, text="请抓紧")
    assert problems(ASSIGNED, commented, back) == ["casework.fresh_assignment"]


def test_a_day_is_set_by_amending_or_assigning() -> None:
    assert after(Act(Move.AMEND, OFFICER, due_on=AUGUST)).due_on == AUGUST
    assert after(Act(Move.AMEND, OFFICER)).due_on == JULY


def test_a_closed_issue_only_hears_of_its_relapse() -> None:
    closed = (ASSIGNED, SUBMITTED, Act(Move.CLOSE, REVIEWER))
    assert after(*closed, Act(Move.RELAPSE, OFFICER, link=7)).state is State.CLOSED
    assert problems(*closed, Act(Move.RELAPSE, OFFICER)) == ["casework.link"]
    assert problems(*closed, ASSIGNED) == ["casework.state"]


def test_nobody_acts_beyond_their_capacities() -> None:
    reader = Person(frozenset({"user:8"}), frozenset({Capacity.READER}))
    assert problems(Act(Move.ASSIGN, reader, assignee="user:2")) == ["casework.person"]
    assert moves_open_to(after(ASSIGNED), reader) == [Move.COMMENT]


def test_an_issue_begins_by_being_raised() -> None:
    for acts in ([], [ASSIGNED]):
        with pytest.raises(CaseError):
            replay(acts)


def test_everything_has_a_name_and_a_rule() -> None:
    assert set(STATE_NAMES) == set(State)
    assert set(MOVE_NAMES) == set(Move) == set(RULES)
    assert {State.CLOSED, State.VOID} == set(State) - LIVE


PEOPLE = st.builds(
    Person,
    st.frozensets(st.sampled_from(["user:1", "user:2", "user:3", "cadre:1"]), min_size=1, max_size=2),
    st.one_of(st.just(frozenset(Capacity)), st.frozensets(st.sampled_from(Capacity))),
)
ACTS = st.builds(
    Act,
    st.sampled_from(Move),
    PEOPLE,
    text=st.sampled_from(["", "  ", "理由"]),
    assignee=st.sampled_from(["", "user:1", "cadre:1"]),
    due_on=st.none() | st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    evidence=st.integers(0, 2),
    link=st.none() | st.just(5),
)


def taken(acts: list[Act]) -> tuple[Standing, list[Act]]:
    """What stands after those of the acts that are allowed, and these."""
    standing, done = raised(RAISED), [RAISED]
    for act in acts:
        try:
            standing = step(standing, act)
        except CaseError:
            continue
        done.append(act)
    return standing, done


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTS, max_size=25))
def test_replayed_acts_prove_the_state(acts: list[Act]) -> None:
    standing, done = taken(acts)
    assert replay(done) == standing
    assert standing.acts == len(done)
    if standing.state is State.CLOSED:
        closing = next(act for act in reversed(done) if act.move is Move.CLOSE)
        at = done.index(closing)
        worked = {
            id_
            for act in done[:at]
            if act.move in (Move.START, Move.PROVE, Move.SUBMIT)
            for id_ in act.by.ids
        }
        returns = [n for n, act in enumerate(done[:at]) if act.move is Move.RETURN]
        since = done[returns[-1] if returns else 0 : at + 1]
        assert closing.by.ids.isdisjoint(worked)
        assert sum(act.evidence for act in since) > 0


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTS, max_size=12), ACTS)
def test_a_button_is_shown_exactly_where_the_move_could_be_made(acts: list[Act], act: Act) -> None:
    standing, _ = taken(acts)
    is_open = act.move in moves_open_to(standing, act.by)
    if not is_open or lacking(standing, act):
        with pytest.raises(CaseError):
            step(standing, act)
    else:
        after_it = step(standing, act)
        rule = RULES[act.move]
        assert after_it.state is (
            rule.ends or (standing.before or standing).state
            if act.move is Move.TAKE_BACK
            else rule.ends or standing.state
        )
    assert Need.FRESH_ASSIGNMENT not in RULES[act.move].needs or not is_open or standing.before is not None
