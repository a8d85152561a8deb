"""The XML of a large part in pieces: cut where an element ends, and parsed for itself where need be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from bangfu.core.sheets.package import parse
from bangfu.core.sheets.problems import refusal

_MAX_ELEMENT_BYTES = 64 << 20
_ROWS_END = re.compile(rb"</(?:[\w.-]+:)?sheetData\s*>|<(?:[\w.-]+:)?sheetData\s*/>")
_NAME = re.compile(rb"<([\w.:-]+)")


def row_blocks(pieces: Iterable[bytes], where: str) -> Iterator[bytes]:
    """Pieces of a worksheet cut anew behind the end of a row."""
    return cut_behind(pieces, b"row", where)


def cut_behind(pieces: Iterable[bytes], element: bytes, where: str) -> Iterator[bytes]:
    """Pieces cut anew behind end tags of `element`; the last is what is left. Raises WorkbookError where one
    element would not end."""
    ending = re.compile(rb"</(?:[\w.-]+:)?%s>" % element)
    sign = element + b">"
    rest = b""
    for piece in pieces:
        rest += piece
        end = rest.rfind(sign)
        while end >= 0 and not ending.fullmatch(rest, max(rest.rfind(b"<", 0, end), 0), end + len(sign)):
            end = rest.rfind(sign, 0, end)  # the sign stands in a text
        if end >= 0:
            yield rest[: end + len(sign)]
            rest = rest[end + len(sign) :]
        if len(rest) > _MAX_ELEMENT_BYTES:
            raise refusal("bomb", where, element.decode())
    yield rest


def rows_end(block: bytes) -> re.Match[bytes] | None:
    """Where the rows of a worksheet end, if they do so in this block."""
    at = block.find(b"sheetData")  # a search for the expression alone would look at every tag
    return None if at < 0 else _ROWS_END.search(block, max(block.rfind(b"<", 0, at), 0))


def parse_inside(start: bytes, content: bytes, where: str) -> etree._Element:
    """`content` parsed as what stands inside the element that `start` opens. Raises WorkbookError."""
    name = _NAME.match(start)
    return parse(b"%s%s</%s>" % (start, content, name[1] if name else b""), where)
