"""Invented conditions and measures over the tiny vocabulary, as the text a plan would hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from bangfu.core.vocabulary import Column, ColumnType, Empty
from tests.generative.choosing import Chooser
from tests.generative.tiny import VOCABULARY
from tests.generative.worlds import DAYS

_LISTS = {
    "village": ("house", "person", "event"),
    "house": ("person", "event", "stay", "leave", "item", "previous_item", "stop", "membership", "diary"),
    "person": ("stop",),
    "team": ("house", "membership", "batch", "person", "event", "stay", "item", "duty", "diary"),
    "membership": ("visit",),
    "batch": ("duty", "house", "event", "stay", "leave", "person"),
}
_SHARED = ({"item", "previous_item"}, {"person", "stop"})
_SPANS = ("stay", "leave", "duty")
_ORDER = (">=", "<=", "<", ">")


@dataclass
class Inventing:
    """Invents on the rows of one table. `once_each`: every fact is used once, and only where intervals are
    exact, so that the engines must find what the definition says."""

    choose: Chooser
    subject: str
    per: str
    once_each: bool = False
    depth: int = 2
    measures: dict[str, dict[str, object]] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)

    # --- truths -----------------------------------------------------------------------------------------

    def truth(self, table: str, depth: int | None = None) -> str:
        """A condition on rows of a table."""
        depth = self.depth if depth is None else depth
        if depth <= 0 or self.choose.chance(40):
            return self.atom(table, depth)
        match self.choose.below(3):
            case 0:
                return f"({self.truth(table, depth - 1)} AND {self.truth(table, depth - 1)})"
            case 1:
                return f"({self.truth(table, depth - 1)} OR {self.truth(table, depth - 1)})"
        return f"NOT ({self.truth(table, depth - 1)})"

    def atom(self, table: str, depth: int) -> str:
        """A comparison, a flag, a quantifier …"""
        kinds = ["column", "column", "number", "period"]
        if self.lists(table) and depth >= 0:
            kinds += ["list", "list", "number", "share"]
        match self.choose.pick(kinds):
            case "list":
                return self.quantifier(table, depth)
            case "number":
                return self.comparison(table, depth)
            case "share":
                return self.share(table, depth)
            case "period" if not self.once_each:
                return self.choose.pick(
                    ["period_days >= 2", "as_of <= period_end", "period_workdays < 3", "TRUE", "FALSE"]
                )
        return self.column_truth(table)

    def column_truth(self, table: str, owner: str = "") -> str:
        """A condition on one column of the row, or of its owner (`house.`)."""
        column = self.take(table, self.columns(table))
        if column is None:
            return "FALSE"
        name = f"{owner}{column.id}"
        forms = [] if self.once_each else [f"recorded({name})"]
        if column.empty is Empty.NOT_APPLICABLE:
            forms += [f"{name} IS NULL", f"{name} IS NOT NULL"]
        match column.type:
            case ColumnType.BOOL:
                forms += [name, name, f"{name} = FALSE", f"{name} IS TRUE"]
            case ColumnType.CODE:
                forms += [f"{name} = 'a'", f"{name} <> 'b'", f"{name} IN ('a', 'c')"]
                forms += [] if self.once_each else [f"{name} NOT IN ('甲', 'b', 'c')"]
            case ColumnType.CODES:
                forms += [f"includes({name}, 'x')", f"includes({name}, '西')"]
            case ColumnType.DATE:
                day = self.choose.pick(["period_end", "as_of", f"DATE '{self.choose.pick(DAYS)}'"])
                forms += [f"{name} {self.choose.pick((*_ORDER, '=', '<>'))} {day}"]
            case _:
                if self.once_each:  # what some values meet and others do not
                    return f"{name} {self.choose.pick(('=', '<>', '>', '<='))} 1"
                op = self.choose.pick((*_ORDER, "=", "<>"))
                forms += [
                    f"{name} {op} {self.choose.below(4)}",
                    f"{self.choose.below(4)} {op} {name}",
                ]
                forms += [f"{name} BETWEEN 1 AND 2", f"{name} IN (0, 2)"]
        return self.choose.pick(forms)

    def quantifier(self, table: str, depth: int) -> str:
        """has, no, every over a list."""
        name = self.take_list(table)
        if name is None:
            return self.column_truth(table)
        match self.choose.below(4):
            case 0:
                return f"{self.choose.pick(('has', 'no'))}({name})"
            case 1:
                return f"every({name}, {self.where(table, name, depth)})"
        return f"{self.choose.pick(('has', 'no'))}({name}, {self.where(table, name, depth)})"

    def where(self, owner: str, name: str, depth: int) -> str:
        """A condition on rows of a list that they may meet or not."""
        table = "item" if name == "previous_item" else name
        if self.once_each:
            return self.column_truth(table)
        truth = self.truth(table, min(depth - 1, 1))
        if owner and self.choose.chance(20):
            truth = f"{truth} {self.choose.pick(('AND', 'OR'))} {self.column_truth(owner, f'{owner}.')}"
        return truth

    def share(self, table: str, depth: int) -> str:
        """A share of a list, compared."""
        name = self.take_list(table)
        if name is None:
            return self.column_truth(table)
        limit = self.choose.pick(["0.5", "0", "1", "0.3"])
        rate = f"share({name}, {self.where(table, name, depth)}, {self.where(table, name, depth)})"
        return f"{rate} {self.choose.pick(_ORDER if self.once_each else (*_ORDER, '=', '<>'))} {limit}"

    def comparison(self, table: str, depth: int) -> str:
        """Two numbers compared."""
        ops = _ORDER if self.once_each else (*_ORDER, "=", "<>")
        left = self.number(table, depth)
        if self.choose.chance(25):
            left = f"{left} / {self.divisor(table, depth - 1)}"
        right = str(self.choose.below(4)) if self.choose.chance(70) else self.number(table, depth - 1)
        return f"{left} {self.choose.pick(ops)} {right}"

    def divisor(self, table: str, depth: int) -> str:
        """What a quotient divides by; intervals are exact where it is never negative."""
        if not self.once_each:
            return self.number(table, depth)
        columns = [c for c in self.columns(table) if c.minimum == 0 and c.empty is Empty.NOT_KNOWN]
        column = self.take(table, columns)
        return column.id if column is not None else "2"

    # --- numbers ----------------------------------------------------------------------------------------

    def number(self, table: str, depth: int) -> str:
        """A number of a row."""
        kinds = ["column", "column"]
        if depth > 0:
            kinds += ["sum", "product", "least", "case"]
        if depth >= 0 and self.lists(table):
            kinds += ["count", "total", "measure"]
        match self.choose.pick(kinds):
            case "sum":
                op = self.choose.pick("+-")
                return f"({self.number(table, depth - 1)} {op} {self.number(table, depth - 1)})"
            case "product":
                by_figure = self.once_each or self.choose.chance(60)
                other = self.choose.pick(["2", "0.5", "0.004"]) if by_figure else None
                return f"({self.number(table, depth - 1)} * {other or self.number(table, depth - 1)})"
            case "least":
                items = [self.number(table, depth - 1), self.number(table, depth - 1)]
                return f"{self.choose.pick(('least', 'greatest'))}({', '.join(items)})"
            case "case":
                then, otherwise = self.number(table, depth - 1), self.number(table, depth - 1)
                return f"CASE WHEN {self.column_truth(table)} THEN {then} ELSE {otherwise} END"
            case "count":
                name = self.take_list(table)
                where = f", {self.where(table, name, depth)}" if name and self.choose.chance(60) else ""
                return f"count({name}{where})" if name else "1"
            case "total":
                return self.total(table, depth)
            case "measure":
                return self.measure(table, depth)
        return self.column_number(table)

    def column_number(self, table: str) -> str:
        """A number in or from a column."""
        columns = [
            c for c in self.columns(table)
            if c.type in (ColumnType.INT, ColumnType.DECIMAL)
            or (c.type is ColumnType.DATE and c.empty is Empty.NOT_KNOWN)
        ]  # fmt: skip
        column = self.take(table, columns)
        if column is None:
            return str(self.choose.below(3))
        if column.type is ColumnType.DATE:
            forms = [f"days_between({column.id}, period_end)", f"months_between({column.id}, as_of)"]
            forms += [f"years_between({column.id}, DATE '2021-06-01')", f"age({column.id})"]
            forms += [] if self.once_each else [f"{part}({column.id})" for part in ("day", "month", "year")]
            return self.choose.pick(forms)
        if column.empty is Empty.NOT_APPLICABLE:
            return f"coalesce({column.id}, {self.choose.below(4)})"
        return column.id

    def total(self, table: str, depth: int) -> str:
        """An amount added up over a list."""
        name = self.take_list(
            table, [x for x in self.lists(table) if x in ("item", "previous_item", "event", "person")]
        )
        if name is None:
            return self.column_number(table)
        amounts = {"event": ["w", "gain"], "person": ["age"]}.get(name, ["amount", "loss"])
        amount = self.choose.pick(amounts)
        if not self.once_each and self.choose.chance(30):
            amount = self.choose.pick(
                [f"{amount} * 2", f"{amount} - 1", "coalesce(rank, 0)" if name == "person" else amount]
            )
        where = f", {self.where(table, name, depth)}" if self.choose.chance(50) else ""
        if self.once_each and where and amount in where:
            where = ""
        return f"total({name}, {amount}{where})"

    # --- measures ---------------------------------------------------------------------------------------

    def measure(self, table: str, depth: int) -> str:
        """The name of a new measure over a list."""
        takes = ["days", "nights", "count", "total", "differ", "workdays"]
        if self.once_each:
            takes = ["days", "nights", "count"]
        elif self.per == "once":
            takes = ["days", "nights", "count", "total"]
        take = self.choose.pick(takes)
        spec: dict[str, object] = {"subject": table, "take": take}
        wanted = {"days": ("event", *_SPANS, "diary"), "nights": _SPANS, "workdays": ("event", *_SPANS)}.get(
            take
        )
        if take == "differ":
            return self._difference(table, spec)
        if self.once_each and take == "days":
            wanted = _SPANS
        lists = [x for x in self.lists(table) if wanted is None or x in wanted]
        if take == "total":
            lists = [x for x in lists if x in ("item", "event", "person")]
        name = self.take_list(table, lists)
        if name is None:
            return self.column_number(table)
        spec["of"] = name
        if take == "total":
            spec["amount"] = {"item": "amount", "event": "gain", "person": "age"}[name]
        if self.choose.chance(40):
            spec["where"] = self.where(table if take in ("count", "total") else "", name, depth)
        self._within(table, spec, name)
        if take in ("days", "nights", "workdays"):
            self._extras(table, spec, name, depth)
        return self._named(spec)

    def _extras(self, table: str, spec: dict[str, object], name: str, depth: int) -> None:
        if self.choose.chance(30) and not self.once_each:
            spec["sure"] = self.where("", name, depth)
        other = self.take_list(table, [x for x in self.lists(table) if x in (*_SPANS, "event")])
        if other is None or (self.once_each and other == "event"):
            return
        if self.choose.chance(30):
            spec["less"] = {"of": other}
            if self.choose.chance(40):
                spec["less"]["where"] = self.where("", other, depth)  # type: ignore[index]
        elif spec["take"] != "nights" and "sure" not in spec and "where" not in spec and not self.once_each:
            spec["of"] = [name, other]

    def _difference(self, table: str, spec: dict[str, object]) -> str:
        lists = self.lists(table)
        if "item" in lists and "previous_item" in lists and self.choose.chance(50):
            spec |= {
                "of": ["item", "previous_item"],
                "match": self.choose.pick([["kind"], ["kind", "amount"]]),
            }
        elif "event" in lists and table != "village":
            of = self.choose.pick([["event", "diary"], ["event", "stay"], ["diary", "event", "stay"]])
            spec |= {"of": of} if all(x in lists for x in of) else {"of": ["event", "stay"]}
            self._within(table, spec, "event")
        else:
            return self.column_number(table)
        return self._named(spec)

    def _within(self, table: str, spec: dict[str, object], name: str) -> None:
        options = ["period", "period"]
        is_span = VOCABULARY.tables[table].timing.start is not None
        if is_span and not self.once_each and name not in ("item", "previous_item"):
            options += ["own", "own"]
        if self.per in ("day", "week", "year"):
            options.append("previous")
        if not self.once_each:
            options.append("campaign")
        spec["within"] = self.choose.pick(options)

    def _named(self, spec: dict[str, object]) -> str:
        name = f"m{len(self.measures)}"
        self.measures[name] = spec
        return name

    # --- names ------------------------------------------------------------------------------------------

    def lists(self, table: str) -> list[str]:
        """Lists of a table that fit the period."""
        is_yearly = self.per in ("once", "year")
        return [x for x in _LISTS.get(table, ()) if is_yearly or x not in ("item", "previous_item")]

    def take_list(self, table: str, lists: list[str] | None = None) -> str | None:
        """A list, never twice where each fact is to be used once."""
        names = [x for x in (self.lists(table) if lists is None else lists) if not self._is_used(x)]
        if not names:
            return None
        name = self.choose.pick(names)
        self.used.add(("list", name))
        return name

    def _is_used(self, name: str) -> bool:
        """Whether a fact below the list is used already: the list itself, the membership it passes, the
        persons whose stops it holds."""
        if not self.once_each:
            return False
        used = {other for kind, other in self.used if kind == "list"}
        if self.subject in ("team", "batch", "village"):
            return bool(used)
        return bool(used & next((group for group in _SHARED if name in group), {name}))

    def columns(self, table: str) -> list[Column]:
        """Columns that a plan may speak of; a row's own days decide already whether it is in a list."""
        timing = VOCABULARY.tables[table].timing
        own = {timing.at, timing.start, timing.end, timing.year} if self.once_each else set()
        columns = VOCABULARY.tables[table].columns.values()
        return [column for column in columns if not column.id.endswith("_known") and column.id not in own]

    def take(self, table: str, columns: list[Column]) -> Column | None:
        """A column, never twice where each fact is to be used once."""
        free = [c for c in columns if not self.once_each or (table, c.id) not in self.used]
        if not free:
            return None
        column = self.choose.pick(free)
        self.used.add((table, column.id))
        return column
