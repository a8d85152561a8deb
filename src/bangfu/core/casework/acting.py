"""An act on an issue, what stands after it, and the proof: the acts replayed give the state, or are refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from bangfu.core.casework.moves import MOVE_NAMES, RULES, STATE_NAMES, Capacity, Move, Need, State
from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message


class CaseError(UserError):
    """A move that the issue's state, the person or what is missing does not allow."""


@dataclass(frozen=True)
class Person:
    """Whoever acts. `ids`: all names under which the same human being is known (account, row of the register),
    so that nobody is a second person to themselves. `capacities`: as what they may act on this issue."""

    ids: frozenset[str]
    capacities: frozenset[Capacity] = frozenset(Capacity)


@dataclass(frozen=True)
class Act:
    """A move with what comes along. `text`: reason, account of the work, or comment; `evidence`: pieces that show
    the mended state; `due_on`: the day set, or asked for; `link`: the other issue."""

    move: Move
    by: Person
    text: str = ""
    assignee: str = ""
    due_on: date | None = None
    evidence: int = 0
    link: int | None = None


@dataclass(frozen=True)
class Standing:
    """Where an issue stands after its acts.

    `hands`: ids of everybody who had a hand in the work.
    `evidence`: pieces since the last return. `asked_due_on`: the day asked for. `extended`: how often more time
    was granted. `before`: what stood before an assignment that nothing has followed.
    """

    state: State
    assignee: str = ""
    due_on: date | None = None
    hands: frozenset[str] = frozenset()
    evidence: int = 0
    asked_due_on: date | None = None
    extended: int = 0
    acts: int = 1
    before: Standing | None = field(default=None, compare=False, repr=False)

    def is_second(self, person: Person) -> bool:
        """Whether the person has had no part in the work, and is not the one who is to do it."""
        return person.ids.isdisjoint(self.hands | {self.assignee})


_WORK = frozenset({Move.START, Move.PROVE, Move.SUBMIT, Move.ASK_EXTENSION})
LACKS = {
    Need.REASON: N_("请写明理由或情况"),
    Need.ASSIGNEE: N_("请选择派给谁"),
    Need.EVIDENCE: N_("没有整改后的佐证（照片或文件）"),
    Need.LATER_DUE: N_("延期后的期限要晚于现在的期限"),
    Need.LINK: N_("没有写明是哪一个问题"),
    Need.SECOND_PERSON: N_("要由没有参与整改的另一个人来办"),
    Need.FRESH_ASSIGNMENT: N_("派单之后已经有人办过，不能撤回"),
}


def raised(act: Act) -> Standing:
    """How an issue begins. Raises CaseError for any other act."""
    if act.move is not Move.RAISE:
        raise _refused("casework.not_raised", Message(N_("问题要先立账")))
    return Standing(State.OPEN, due_on=act.due_on)


def lacking(standing: Standing, act: Act) -> list[Need]:
    """What the act lacks of what its move needs, in the order of the list."""
    missing = {
        Need.REASON: not act.text.strip(),
        Need.ASSIGNEE: not act.assignee,
        Need.EVIDENCE: standing.evidence + act.evidence == 0,
        Need.LATER_DUE: act.due_on is None or (standing.due_on is not None and act.due_on <= standing.due_on),
        Need.LINK: act.link is None,
        Need.SECOND_PERSON: not standing.is_second(act.by),
        Need.FRESH_ASSIGNMENT: standing.before is None,
    }
    return [need for need in Need if need in RULES[act.move].needs and missing[need]]


def moves_open_to(standing: Standing, person: Person) -> list[Move]:
    """The moves that the person may make now, in the order of the table: those for which a button is shown."""
    found = []
    for move, rule in RULES.items():
        is_second = Need.SECOND_PERSON not in rule.needs or standing.is_second(person)
        is_fresh = Need.FRESH_ASSIGNMENT not in rule.needs or standing.before is not None
        if standing.state in rule.begins and rule.by in person.capacities and is_second and is_fresh:
            found.append(move)
    return found


def step(standing: Standing, act: Act) -> Standing:
    """What stands after an act. Raises CaseError: wrong state, not this person's to do, or something lacks."""
    rule = RULES[act.move]
    if standing.state not in rule.begins:
        values = {"state": Message(STATE_NAMES[standing.state]), "move": Message(MOVE_NAMES[act.move])}
        raise _refused("casework.state", Message(N_("问题现在是“{state}”，不能“{move}”"), values))
    if rule.by not in act.by.capacities:
        values = {"move": Message(MOVE_NAMES[act.move])}
        raise _refused("casework.person", Message(N_("您在这个问题上不能“{move}”"), values))
    needs = lacking(standing, act)
    if needs:
        raise CaseError([Problem(f"casework.{need.value}", Message(LACKS[need])) for need in needs])
    return _after(standing, act, rule.ends)


def _after(standing: Standing, act: Act, ends: State | None) -> Standing:
    acts = standing.acts + 1
    if act.move is Move.TAKE_BACK and standing.before is not None:
        return replace(standing.before, acts=acts)
    after = replace(
        standing,
        state=ends or standing.state,
        acts=acts,
        before=None,
        evidence=standing.evidence + act.evidence,
    )
    if act.move in _WORK:
        after = replace(after, hands=standing.hands | act.by.ids)
    match act.move:
        case Move.ASSIGN:
            due_on = act.due_on or standing.due_on
            return replace(after, assignee=act.assignee, due_on=due_on, before=standing)
        case Move.AMEND:
            return replace(after, due_on=act.due_on or standing.due_on)
        case Move.RETURN:
            return replace(after, evidence=0)
        case Move.ASK_EXTENSION:
            return replace(after, asked_due_on=act.due_on)
        case Move.GRANT_EXTENSION:
            due_on = standing.asked_due_on
            return replace(after, due_on=due_on, asked_due_on=None, extended=standing.extended + 1)
        case Move.SUBMIT | Move.REFUSE_EXTENSION:
            return replace(after, asked_due_on=None)
    return after


def replay(acts: Iterable[Act]) -> Standing:
    """Where an issue stands, from all its acts in order. Raises CaseError where one was not allowed."""
    following = iter(acts)
    first = next(following, None)
    if first is None:
        raise _refused("casework.not_raised", Message(N_("问题要先立账")))
    standing = raised(first)
    for act in following:
        standing = step(standing, act)
    return standing


def _refused(code: str, message: Message) -> CaseError:
    return CaseError(Problem(code, message, remedy=Message(N_("请刷新页面，看看现在到了哪一步。"))))
