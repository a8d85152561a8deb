"""What an expression means: frozen, typed nodes. They carry the whole meaning; engines only run it.

A number is exact and may be open on either side; a truth is met, unmet or unknown.
`docs/explanation/truth.md` says what each node means for incomplete lists, unknown cells and unfinished
periods.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from bangfu.core.vocabulary import Column, Relation

Within = Literal["period", "own", "campaign", "previous"]
DayTake = Literal["days", "workdays", "nights"]
CompareOp = Literal["=", "<>", "<", "<=", ">", ">="]
ArithmeticOp = Literal["+", "-", "*", "/"]
PeriodName = Literal["period_start", "period_end", "as_of", "period_days", "period_workdays"]
QuantifierKind = Literal["has", "no", "every"]


@dataclass(frozen=True)
class Rows:
    """A list of rows related to a subject. Dated rows are those of `within`; `where` narrows them."""

    relation: Relation
    where: Truth | None = None
    within: Within = "period"


# --- scalars: numbers, dates, texts -------------------------------------------------------------------


@dataclass(frozen=True)
class Constant:
    """A number, text, date or code written in the plan; `parameter` names the dated value it came from."""

    value: Decimal | str | date
    kind: Literal["number", "text", "date", "code"]
    unit: str | None = None
    codes: str = ""  # the code list of a code
    parameter: str | None = None
    name: str = ""  # the parameter's Chinese name


@dataclass(frozen=True)
class ColumnValue:
    """A column of the row at hand, or of its `owner`: the row to whose list it belongs."""

    table: str
    column: Column
    owner: str = ""  # the name of its table


@dataclass(frozen=True)
class PeriodValue:
    """A fact about the period at hand: its first or last day, the as-of day, its length."""

    name: PeriodName


@dataclass(frozen=True)
class Arithmetic:
    """`left op right`; a quotient stays a ratio of two intervals until it is compared."""

    op: ArithmeticOp
    left: Scalar
    right: Scalar
    unit: str | None = None


@dataclass(frozen=True)
class Extreme:
    """The least or greatest of several numbers, as intervals: an unknown item is not skipped."""

    kind: Literal["least", "greatest"]
    items: tuple[Scalar, ...]
    unit: str | None = None


@dataclass(frozen=True)
class Choice:
    """CASE: the value of the first branch whose condition is true."""

    branches: tuple[tuple[Truth, Scalar], ...]
    otherwise: Scalar
    unit: str | None = None


@dataclass(frozen=True)
class OrElse:
    """A column, or the constant where the column does not apply."""

    column: ColumnValue
    default: Constant


@dataclass(frozen=True)
class DatePart:
    """`year(d)`, `month(d)`, `day(d)` of a date."""

    part: Literal["year", "month", "day"]
    of: Scalar


@dataclass(frozen=True)
class Elapsed:
    """Whole years, months or days from one date to another (`age(d)` is years to the day judged)."""

    unit: Literal["years", "months", "days"]
    start: Scalar
    end: Scalar


@dataclass(frozen=True)
class Count:
    """How many rows."""

    rows: Rows


@dataclass(frozen=True)
class Total:
    """The sum of an amount over rows; one unknown amount leaves the sum open."""

    rows: Rows
    amount: Scalar
    unit: str | None = None


@dataclass(frozen=True)
class Share:
    """Of the rows to which `applies`, the part for which `holds`; with no such row it is not computable."""

    rows: Rows
    applies: Truth
    holds: Truth


@dataclass(frozen=True)
class DayCount:
    """Distinct days, working days or nights covered by rows; `sure` says which rows prove, the others only
    make possible; days covered by `less` do not count."""

    take: DayTake
    lists: tuple[Rows, ...]
    sure: Truth | None = None
    less: Rows | None = None


@dataclass(frozen=True)
class Difference:
    """On how many days (or for how many values of `match`) several lists disagree.

    A value stands in a list or does not; it counts when it stands in some list and not in all.
    """

    lists: tuple[Rows, ...]
    match: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """A measure of the plan, spoken of by its name."""

    measure: str
    name: str
    value: Scalar
    unit: str | None = None


Scalar = (
    Constant
    | ColumnValue
    | PeriodValue
    | Arithmetic
    | Extreme
    | Choice
    | OrElse
    | DatePart
    | Elapsed
    | Count
    | Total
    | Share
    | DayCount
    | Difference
    | Named
)


# --- truths -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Literally:
    """TRUE or FALSE written in the plan."""

    value: bool


@dataclass(frozen=True)
class Flag:
    """A yes/no column of the row at hand."""

    value: ColumnValue


@dataclass(frozen=True)
class Comparison:
    """`left op right`. What does not apply compares false; so a comparison is never met by an absence."""

    op: CompareOp
    left: Scalar
    right: Scalar


@dataclass(frozen=True)
class Among:
    """A value is one of several constants."""

    value: Scalar
    options: tuple[Constant, ...]


@dataclass(frozen=True)
class Includes:
    """A multi-valued code column includes a code."""

    value: ColumnValue
    code: str


@dataclass(frozen=True)
class NotApplicable:
    """`column IS NULL`: the column does not apply to the row (only where empty means so)."""

    value: ColumnValue


@dataclass(frozen=True)
class Recorded:
    """Whether the register holds a value at all: a fact about the record, never unknown."""

    value: ColumnValue


@dataclass(frozen=True)
class Not:
    """Negation."""

    item: Truth


@dataclass(frozen=True)
class All:
    """Conjunction."""

    items: tuple[Truth, ...]


@dataclass(frozen=True)
class Any:
    """Disjunction."""

    items: tuple[Truth, ...]


@dataclass(frozen=True)
class Quantifier:
    """Some row, no row, every row of a list (`where` in `rows` is the condition)."""

    kind: QuantifierKind
    rows: Rows


@dataclass(frozen=True)
class Verdict:
    """Another criterion, nested: true where it is met or does not apply."""

    criterion: str
    name: str
    truth: Truth


Truth = (
    Literally
    | Flag
    | Comparison
    | Among
    | Includes
    | NotApplicable
    | Recorded
    | Not
    | All
    | Any
    | Quantifier
    | Verdict
)
Node = Scalar | Truth | Rows


def plain(node: Scalar) -> Scalar:
    """What a measure's name stands for."""
    return plain(node.value) if isinstance(node, Named) else node


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below."""
    for part in fields(node):
        yield from _nodes_in(getattr(node, part.name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)
    elif isinstance(value, _NODE_TYPES):
        yield value


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, depth first."""
    yield node
    for child in children(node):
        yield from walk(child)


_NODE_TYPES = (*get_args(Scalar), *get_args(Truth), Rows)
