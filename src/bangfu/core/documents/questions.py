"""What is not known, gathered: one missing list or fact is one question, however many conclusions wait for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from bangfu.core.documents.ledger import Names
from bangfu.core.engine.explaining import Clause, Explanation
from bangfu.core.expressions import nodes as n
from bangfu.core.messages import N_, Message, translate
from bangfu.core.plans.plan import Plan
from bangfu.core.vocabulary import Vocabulary

Key = TypeVar("Key", bound=Hashable)
NOWHERE = ""  # the place of what belongs to none


class Lack(Enum):
    """What kind of thing is missing, and how it is supplied."""

    LIST = (N_("明细表"), N_("补登“{name}”和其中没写清的内容，登全以后写明登到哪一天"))
    FACT = (N_("一项内容"), N_("问清“{name}”后补登"))
    BELOW = (N_("汇总"), N_("先问清下面各{name}的待核实"))


@dataclass(frozen=True, order=True)
class Missing:
    """A list, a column, or the conclusions below that a conclusion waits for."""

    name: str
    lack: str

    def remedy(self) -> str:
        """How it is supplied."""
        return Message(Lack[self.lack].value[1], {"name": self.name}).render()


@dataclass(frozen=True)
class Question:
    """A conclusion that waits: where, about whom, for what, and who is to ask."""

    place: str
    owner: tuple[str, int]  # the household of a pairing, otherwise the subject itself
    subject: str
    criterion: str
    clause: str
    missing: tuple[Missing, ...]
    responsible: str
    helper: str


@dataclass(frozen=True)
class Gathered:
    """The questions that belong together, in figures and words."""

    place: str
    name: str
    missing: tuple[Missing, ...]
    conclusions: int
    subjects: str  # how many of which kind: 户 550、村 3
    criteria: str
    responsible: str
    helper: str


def question(
    plan: Plan, explanation: Explanation, subject_id: int, division: tuple[str, int] | None, names: Names
) -> Question:
    """What a conclusion that is not known waits for."""
    criterion = explanation.criterion
    home = names.homes.get(subject_id) if criterion.subject == "pairing" else None
    owner = (criterion.subject, subject_id) if home is None else ("household", home)
    gaps = [gap for clause in explanation.deciding() for gap in _gaps(clause)]
    found = tuple(dict.fromkeys(_missing(gap, plan.vocabulary) for gap in gaps))
    return Question(
        place=names.places.get(division, NOWHERE) if division else NOWHERE,
        owner=owner,
        subject=names.subject(*owner),
        criterion=criterion.id,
        clause=f"{criterion.id} {criterion.name}",
        missing=found or (Missing(criterion.name, Lack.FACT.name),),
        responsible="、".join(plan.roles.get(role, role) for role in criterion.responsible),
        helper=names.helpers.get(owner[1], "") if owner[0] == "household" else "",
    )


def _gaps(clause: Clause) -> Iterator[n.Node]:
    yield from clause.gaps
    for part in clause.parts:
        if part.truth is None:
            yield from _gaps(part)


def _missing(node: n.Node, vocabulary: Vocabulary) -> Missing:
    match node:
        case n.ColumnValue(column=column):
            return Missing(column.name, Lack.FACT.name)
        case n.Share(rows=rows):
            return Missing(rows.relation.table.name, Lack.BELOW.name)
        case n.DayCount(lists=lists) | n.Difference(lists=lists):
            return Missing("、".join(rows.relation.table.name for rows in lists), Lack.LIST.name)
    rows = next(child for child in n.children(node) if isinstance(child, n.Rows))
    return Missing(rows.relation.table.name, Lack.LIST.name)


def by_fact(questions: Sequence[Question], vocabulary: Vocabulary) -> list[Gathered]:
    """A row for each thing missing: first of the whole area, then place by place; what most wait for first."""
    everywhere = _grouped(questions, lambda q: [("", missing) for missing in q.missing])
    by_place = _grouped(questions, lambda q: [(q.place, missing) for missing in q.missing if q.place])
    whole = translate(N_("全部"))
    return [
        _gathered(place or whole, "", (missing,), waiting, vocabulary)
        for groups in (everywhere, by_place)
        for (place, missing), waiting in sorted(groups.items(), key=_most_first)
    ]


def by_subject(questions: Sequence[Question], vocabulary: Vocabulary) -> list[Gathered]:
    """A row for each household, cadre, village …: all that is to be asked of it at once."""
    groups = _grouped(questions, lambda q: [(not q.place, q.place, q.owner[0], q.subject, q.owner[1])])
    return [
        _gathered(
            place, subject, tuple(dict.fromkeys(m for q in waiting for m in q.missing)), waiting, vocabulary
        )
        for (_, place, _, subject, _), waiting in sorted(groups.items())
    ]


def _grouped(
    questions: Sequence[Question], keys_of: Callable[[Question], Iterable[Key]]
) -> dict[Key, list[Question]]:
    groups: dict[Key, list[Question]] = {}
    for asked in questions:
        for key in keys_of(asked):
            groups.setdefault(key, []).append(asked)
    return groups


def _most_first(group: tuple[tuple[str, Missing], list[Question]]) -> tuple[str, int, Missing]:
    (place, missing), waiting = group
    return place, -len(waiting), missing


def _gathered(
    place: str, name: str, missing: tuple[Missing, ...], waiting: Sequence[Question], vocabulary: Vocabulary
) -> Gathered:
    kinds = Counter(table for table, _ in {q.owner for q in waiting})
    return Gathered(
        place=place,
        name=name,
        missing=missing,
        conclusions=len(waiting),
        subjects="、".join(
            f"{vocabulary.tables[table].name} {count:,}" for table, count in sorted(kinds.items())
        ),
        criteria=_joined("；", (q.clause for q in waiting)),
        responsible=_joined("、", (role for q in waiting for role in q.responsible.split("、"))),
        helper=_joined("、", (q.helper for q in waiting)),
    )


def _joined(sign: str, texts: Iterable[str]) -> str:
    return sign.join(dict.fromkeys(filter(None, texts)))
