"""Cell formats for marked cells: each keeps the number format, font and borders it had, with another fill."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from bangfu.core.sheets.marks import FILLS
from bangfu.core.sheets.package import parse
from bangfu.core.sheets.problems import refusal
from bangfu.core.sheets.reasons import Severity


class Styles:
    """The styles part of a workbook, to which marked formats are appended; nothing in it is renumbered."""

    def __init__(self, content: bytes, where: str) -> None:
        self.root = parse(content, where)
        self.namespace = etree.QName(self.root).namespace
        fills, formats = self.root.find("{*}fills"), self.root.find("{*}cellXfs")
        if fills is None or formats is None:
            raise refusal("truncated", where)
        self.fills, self.formats = fills, formats
        self.marked: dict[tuple[int, Severity], int] = {}
        self.fill_ids: dict[Severity, int] = {}

    def mark(self, style: int, severity: Severity) -> int:
        """The number of the format that is `style` with the fill of `severity`."""
        key = (style, severity)
        if key not in self.marked:
            base = self.formats[style] if style < len(self.formats) else self.formats[0]
            marked = deepcopy(base)
            marked.set("fillId", str(self._fill(severity)))
            marked.set("applyFill", "1")
            self.marked[key] = len(self.formats)
            self.formats.append(marked)
            self.formats.set("count", str(len(self.formats)))
        return self.marked[key]

    def _fill(self, severity: Severity) -> int:
        if severity not in self.fill_ids:
            fill = etree.SubElement(self.fills, self._tag("fill"))
            pattern = etree.SubElement(fill, self._tag("patternFill"), patternType="solid")
            etree.SubElement(pattern, self._tag("fgColor"), rgb=f"FF{FILLS[severity]}")
            etree.SubElement(pattern, self._tag("bgColor"), indexed="64")
            self.fill_ids[severity] = len(self.fills) - 1
            self.fills.set("count", str(len(self.fills)))
        return self.fill_ids[severity]

    def _tag(self, name: str) -> str:
        return f"{{{self.namespace}}}{name}"

    def content(self) -> bytes:
        """The part as it has to be written."""
        return serialise(self.root)


def serialise(root: etree._Element) -> bytes:
    """An XML part with its declaration."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
