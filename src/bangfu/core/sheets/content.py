"""The texts of a workbook's cells and what each kind of cell holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from math import isfinite

from lxml import etree

from bangfu.core.sheets.archive import Archive
from bangfu.core.sheets.blocks import cut_behind, parse_inside
from bangfu.core.sheets.cells import Cell
from bangfu.core.sheets.formats import Kind, as_day, as_span, as_written_day, kinds_of_formats
from bangfu.core.sheets.package import Package, parse
from bangfu.core.sheets.problems import refusal

_PLAIN = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_START = re.compile(rb"<(?:[\w.-]+:)?sst\b[^>]*>")
_END = re.compile(rb"</(?:[\w.-]+:)?sst\s*>")
_ESCAPED = re.compile(r"_x(00[01][0-9A-Fa-f]|005F)_")  # how a text keeps control characters

_FLAGS = {b"1": True, b"true": True, b"0": False, b"false": False}


class Content:
    """How to read the cells of one workbook. Raises WorkbookError."""

    def __init__(self, archive: Archive, package: Package) -> None:
        self.where, self.is_1904 = archive.name, package.is_1904
        parts = {
            reference.type.rpartition("/")[2]: reference.target
            for reference in package.relationships.values()
            if reference.target in archive.parts
        }
        self.kinds: tuple[Kind, ...] = ()
        if "styles" in parts:
            self.kinds = kinds_of_formats(parse(archive.read(parts["styles"]), self.where))
        self.strings: Sequence[str] = ()
        if "sharedStrings" in parts:
            self.strings = shared_strings(archive.unpacked(archive.parts[parts["sharedStrings"]]), self.where)

    def reader(self, cell_type: bytes, style: bytes) -> Callable[[bytes], Cell]:
        """What turns the content of a cell of some type and format into its value."""
        match cell_type:
            case b"" | b"n":
                return self._number_reader(style)
            case b"s":
                return self._shared
            case b"str" | b"inlineStr":
                return self._text
            case b"b":
                return self._flag
            case b"e":
                return _fault
            case b"d":
                return self._written_day
            case _:
                raise refusal("truncated", self.where)

    def _number_reader(self, style: bytes) -> Callable[[bytes], Cell]:
        number = int(style or b"0")
        kind = self.kinds[number] if number < len(self.kinds) else Kind.NUMBER
        if kind is Kind.NUMBER:
            return self._number
        return self._day if kind is Kind.DAY else self._span

    def _text(self, raw: bytes) -> str:
        return text_of(raw, self.where)

    def _shared(self, raw: bytes) -> str:
        try:
            return self.strings[int(raw)]
        except (ValueError, IndexError):
            raise refusal("truncated", self.where) from None

    def _number(self, raw: bytes) -> float | str:
        try:
            number = float(raw)
        except ValueError:
            return self._text(raw)
        return number if isfinite(number) and b"_" not in raw else self._text(raw)

    def _day(self, raw: bytes) -> Cell:
        number = self._number(raw)
        return number if isinstance(number, str) else as_day(number, self.is_1904)

    def _span(self, raw: bytes) -> Cell:
        number = self._number(raw)
        return number if isinstance(number, str) else as_span(number)

    def _flag(self, raw: bytes) -> bool:
        if raw not in _FLAGS:
            raise refusal("truncated", self.where)
        return _FLAGS[raw]

    def _written_day(self, raw: bytes) -> Cell:
        return as_written_day(self._text(raw))


def _fault(_: bytes) -> str:
    """An error value is no value; which it is, is a fact of the sheet."""
    return ""


def text_of(raw: bytes, where: str) -> str:
    """A text as it stands in XML → what it says. Raises WorkbookError."""
    if b"&" in raw or b"\r" in raw:
        text = parse(b"<t>%s</t>" % raw, where).text or ""
    else:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise refusal("truncated", where) from None
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def text_inside(element: etree._Element) -> str:
    """The text of a cell or a shared string: its runs joined, without what tells how to pronounce it."""
    texts = []
    for part in element:
        name = local_name(part)
        if name == "t":
            texts.append(part.text or "")
        elif name == "r":
            texts.append(text_inside(part))
    return "".join(texts)


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace; of a comment, none."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def shared_strings(pieces: Iterable[bytes], where: str) -> list[str]:
    """The texts that cells refer to by number. Raises WorkbookError."""
    found: list[str] = []
    start = b""
    for block in cut_behind(pieces, b"si", where):
        inside = block
        if not start:
            if b"<!DOCTYPE" in block:
                raise refusal("bomb", where, "DOCTYPE")
            opening = _START.search(block)
            if opening is None or opening[0].endswith(b"/>"):
                return []
            start, inside = opening[0], block[opening.end() :]
        plain = _PLAIN.findall(inside)
        if len(plain) == inside.count(b"<si") and b"<!" not in inside and b":" not in start[:20]:
            found += [text_of(raw, where) for raw in plain]
        else:
            items = parse_inside(start, _END.split(inside)[0], where)
            found += [text_inside(item) for item in items if local_name(item) == "si"]
    return found
