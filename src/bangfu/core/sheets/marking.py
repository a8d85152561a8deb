"""A copy of the user's own workbook in which refused and doubtful cells are coloured and commented.

An xlsx is patched as it streams by: only the marked sheets, their comments and the styles are written anew,
every other part keeps its bytes. An xls or csv becomes an xlsx with the same sheets and values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

import polars as pl
from lxml import etree

from bangfu.core.sheets.archive import Archive, open_archive
from bangfu.core.sheets.commenting import BLOCK, Comments, drawing, shape_blocks
from bangfu.core.sheets.converting import write_marked_values
from bangfu.core.sheets.marks import SheetMarks, marks_by_sheet
from bangfu.core.sheets.package import open_package, parse, read_relationships, relationships_part
from bangfu.core.sheets.patching import comments_drawing, patch_sheet, read_tail
from bangfu.core.sheets.problems import refusal
from bangfu.core.sheets.reading import is_xlsx, read_workbook
from bangfu.core.sheets.repacking import Repacker
from bangfu.core.sheets.results import ImportResult
from bangfu.core.sheets.styling import Styles, serialise
from bangfu.core.sheets.writing import whole_file

CONTENT_TYPES = "[Content_Types].xml"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_NO_REFERENCES = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
_REFERENCE = b'<legacyDrawing xmlns:r="%s" r:id="%s"/>'


def mark_workbook(path: Path, result: ImportResult, folder: Path) -> Path | None:
    """Write a marked copy of `path` into `folder`, private to the user, and give its path; None if nothing in
    the workbook is wrong.

    Raises WorkbookError if the workbook cannot be read.
    """
    marks = marks_by_sheet(result.problems.filter(pl.col("workbook") == path.name))
    if not marks:
        return None
    suffix = path.suffix.lower() if is_xlsx(path) else ".xlsx"
    target = folder / f"{path.stem}（标注）{suffix}"
    with whole_file(target) as partial:
        if is_xlsx(path):
            with open_archive(path) as archive, partial.open("w+b") as file:
                Patch(archive, marks).write(Repacker(file))
        else:
            write_marked_values(read_workbook(path, with_hidden=True), marks, partial)
    return target


class Patch:
    """Which parts of a workbook are written anew, and with what."""

    def __init__(self, archive: Archive, marks: Mapping[str, SheetMarks]) -> None:
        self.archive, self.where = archive, archive.name
        self.package = open_package(archive)
        styles = [r for r in self.package.relationships.values() if r.type.endswith("/styles")]
        if not styles or styles[0].target not in archive.parts:
            raise refusal("truncated", self.where)
        self.styles_part = styles[0].target
        self.styles = Styles(archive.read(self.styles_part), self.where)
        self.types = parse(archive.read(CONTENT_TYPES), self.where)
        self.names = {name.lower() for name in archive.parts}
        self.parts: dict[str, Iterable[bytes]] = {}  # written anew, by name
        self.references: dict[str, etree._Element] = {}  # parts of relationships that grew
        self.block = self._first_free_block()
        for sheet in self.package.sheets:
            if sheet.name in marks:
                self._mark(sheet.part, marks[sheet.name])

    def write(self, writer: Repacker) -> None:
        """Write every part; the styles last, since marking the sheets adds to them."""
        self.parts[CONTENT_TYPES] = [serialise(self.types)]
        self.parts |= {name: [serialise(root)] for name, root in self.references.items()}
        for name, part in self.archive.parts.items():
            if name in self.parts:
                writer.write(name, self.parts.pop(name), like=part)
            elif name != self.styles_part:
                writer.copy(self.archive, part)
        for name, pieces in self.parts.items():
            writer.write(name, pieces)
        writer.write(self.styles_part, [self.styles.content()], like=self.archive.parts[self.styles_part])
        writer.close()

    def _mark(self, part: str, marks: SheetMarks) -> None:
        references = read_relationships(self.archive, part)
        drawn = comments_drawing(read_tail(self._unpacked(part), self.where))
        drawing_part = references[drawn].target if drawn in references else None
        comments = [r.target for r in references.values() if r.type.endswith("/comments")]
        texts = Comments(
            self._existing(comments[0] if comments else None),
            self.package.namespace.encode(),
            marks.texts,
            self.where,
        )
        if not comments:
            comments = [self._new_part("xl/comments", ".xml")]
            self._relate(part, comments[0], "comments")
            self._declare("Override", PartName=f"/{comments[0]}", ContentType=_COMMENTS_TYPE)
        self.parts[comments[0]] = texts.content()
        element = b""
        existing = self._existing(drawing_part)
        if existing is None:
            drawing_part = self._new_part("xl/drawings/vmlDrawing", ".vml")
            relation = self._relate(part, drawing_part, "vmlDrawing")
            self._declare("Default", Extension="vml", ContentType=_DRAWING_TYPE)
            element = _REFERENCE % (self.package.relationship_types.encode(), relation.encode())
        self.parts[str(drawing_part)] = drawing(
            existing, texts.fresh, marks.texts, self._take_blocks(len(texts.fresh))
        )
        self.parts[part] = patch_sheet(
            self._unpacked(part), marks.severities, self.styles, element, self.where
        )

    def _unpacked(self, part: str) -> Iterator[bytes]:
        return self.archive.unpacked(self.archive.parts[part])

    def _existing(self, part: str | None) -> bytes | None:
        return self.archive.read(part) if part is not None and part in self.archive.parts else None

    def _new_part(self, stem: str, suffix: str) -> str:
        number = 1
        while f"{stem}{number}{suffix}".lower() in self.names:
            number += 1
        self.names.add(f"{stem}{number}{suffix}".lower())
        return f"{stem}{number}{suffix}"

    def _relate(self, part: str, target: str, kind: str) -> str:
        """Add a relationship of `part` and give its id."""
        name = relationships_part(part)
        if name not in self.references:
            self.references[name] = parse(self._existing(name) or _NO_REFERENCES, self.where)
        root = self.references[name]
        taken = {element.get("Id") for element in root}
        identifier = next(i for n in count(1) if (i := f"rIdBangfu{n}") not in taken)
        relation = etree.SubElement(root, f"{{{etree.QName(root).namespace}}}Relationship")
        relation.set("Id", identifier)
        relation.set("Type", f"{self.package.relationship_types}/{kind}")
        relation.set("Target", f"/{target}")
        return identifier

    def _declare(self, kind: str, **attributes: str) -> None:
        """Add a content type, unless it is there."""
        if all(dict(element.items()) != attributes for element in self.types):
            element = etree.SubElement(self.types, f"{{{etree.QName(self.types).namespace}}}{kind}")
            for name, value in attributes.items():
                element.set(name, value)

    def _first_free_block(self) -> int:
        drawings = [name for name in self.archive.parts if name.lower().endswith(".vml")]
        return max((shape_blocks(self.archive.read(name)) for name in drawings), default=1)

    def _take_blocks(self, shapes: int) -> int:
        first = self.block
        self.block += shapes // BLOCK + 1
        return first
