"""The one table: columns, order, pages. A list page makes a `Listing`, `pages/table.html` shows it.

Filters, order and page stand in the address (keys and codes only, so it can be sent to a colleague). What
somebody types into the search field may be a name or an ID number: it travels in the body of a POST and never
stands in an address; the buttons of such a page send it along (`formaction`), with or without JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

PAGE_ROWS = 50
_LONG = 9  # options that fit in a row on most screens


@dataclass(frozen=True)
class Column:
    """`cell` gives what a row shows there; `order` the fields to sort by; `phone` its place on a narrow screen."""

    id: str
    label: str
    cell: Callable[[Any], object]
    order: tuple[str, ...] = ()
    is_numeric: bool = False
    phone: Literal["title", "line", "hidden"] = "line"


@dataclass(frozen=True)
class Heading:
    """A column's head: where it leads to when it is sorted by, and how it is sorted now."""

    column: Column
    query: str
    direction: Literal["", "ascending", "descending"]


@dataclass(frozen=True)
class Line:
    """A row as shown: where it leads, its cells, and the key by which it is chosen."""

    url: str
    cells: Sequence[tuple[Column, object]]
    key: object = None


@dataclass(frozen=True)
class Option:
    """One choice of a filter: its value, word, and the query that chooses it."""

    value: str
    label: str
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class Filter:
    """Chips above the table: one of some options, or all."""

    name: str
    label: str
    options: Sequence[Option]

    @property
    def is_long(self) -> bool:
        """Whether the options are too many to stand in a row."""
        return len(self.options) > _LONG

    @property
    def chosen(self) -> str:
        """The label of the option in force; empty where all are shown."""
        return next((option.label for option in self.options if option.is_chosen and option.value), "")


@dataclass(frozen=True)
class Listing:
    """A page of a table, ready to be shown. `search`: what was typed, None where the table has no search."""

    columns: Sequence[Heading]
    lines: Sequence[Line]
    count: int
    page: int
    pages: int
    first: int
    previous_query: str
    next_query: str
    own_query: str
    unit: str
    filters: Sequence[Filter] = field(default_factory=tuple)
    search: str | None = None
    search_hint: str = ""
    empty: str = ""
    selects: str = ""  # the form that chosen rows belong to; empty: rows cannot be chosen

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.first + len(self.lines) - 1

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter or a search leaves rows out."""
        return bool(self.search) or any(one.chosen for one in self.filters)


def query_with(query: QueryDict, **changes: object) -> str:
    """The query string with some parameters changed; empty values are dropped."""
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value not in (None, ""):
            changed[name] = str(value)
    return f"?{changed.urlencode()}"


def filter_of(request: HttpRequest, name: str, label: str, choices: Sequence[tuple[str, str]]) -> Filter:
    """A filter by the request's parameter `name`; a value that is no choice counts as none."""
    wanted = request.GET.get(name, "")
    known = wanted if wanted in {value for value, _ in choices} else ""
    options = [
        Option(value, word, query_with(request.GET, page=None, **{name: value}), value == known)
        for value, word in (("", ""), *choices)
    ]
    return Filter(name, label, options)


def listing(
    request: HttpRequest,
    rows: QuerySet[Any],
    columns: Sequence[Column],
    url_of: Callable[[Any], str],
    unit: str,
    default_order: str,
    **shown: Any,
) -> Listing:
    """The page of `rows` that the request asks for. Two queries: how many, and which."""
    order_id, sign = _order(request.GET.get("sort", ""), columns, default_order)
    chosen = next(column for column in columns if column.id == order_id)
    count = rows.count()
    pages = max(1, -(-count // PAGE_ROWS))
    page = min(max(_number(request.GET.get("page", "")), 1), pages)
    ordered = rows.order_by(*(f"{sign}{name}" for name in chosen.order), f"{sign}pk")
    start = (page - 1) * PAGE_ROWS
    # The keys of the page first: a row of the register is wide, and OFFSET reads what it passes over.
    keys = list(ordered.values_list("pk", flat=True)[start : start + PAGE_ROWS])
    found = {
        row.pk: row for row in rows.model._default_manager.filter(pk__in=keys).select_related(*_joins(rows))
    }
    lines = [
        Line(url_of(found[key]), [(column, column.cell(found[key])) for column in columns], key)
        for key in keys
    ]
    return Listing(
        columns=[_heading(request, column, order_id, sign) for column in columns],
        lines=lines,
        count=count,
        page=page,
        pages=pages,
        first=start + 1 if count else 0,
        previous_query=query_with(request.GET, page=page - 1) if page > 1 else "",
        next_query=query_with(request.GET, page=page + 1) if page < pages else "",
        own_query=query_with(request.GET),
        unit=unit,
        **shown,
    )


def _joins(rows: QuerySet[Any]) -> list[str]:
    """The paths that the query set was told to bring along."""
    told = rows.query.select_related
    if not isinstance(told, dict):
        return []
    paths: list[str] = []

    def walk(tree: dict[str, Any], at: str) -> None:
        for name, below in tree.items():
            paths.append(f"{at}{name}")
            walk(below, f"{at}{name}__")

    walk(told, "")
    return paths


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _order(asked: str, columns: Sequence[Column], default: str) -> tuple[str, str]:
    """Column and sign that the parameter `sort` names (`-code`: descending)."""
    known = {column.id for column in columns if column.order}
    for text in (asked, default):
        name, sign = text.removeprefix("-"), "-" if text.startswith("-") else ""
        if name in known:
            return name, sign
    raise ValueError(f"no column {default!r} to sort by")


def _heading(request: HttpRequest, column: Column, order_id: str, sign: str) -> Heading:
    if not column.order:
        return Heading(column, "", "")
    is_sorted = column.id == order_id
    wanted = f"-{column.id}" if is_sorted and not sign else column.id
    direction: Literal["", "ascending", "descending"] = (
        "" if not is_sorted else "descending" if sign else "ascending"
    )
    return Heading(column, query_with(request.GET, page=None, sort=wanted), direction)
