"""Comments on cells: the text part and the old drawing (VML) that Excel wants beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from lxml import etree

from bangfu.core.sheets.cells import Position, position, reference
from bangfu.core.sheets.package import parse
from bangfu.core.sheets.problems import refusal
from bangfu.core.sheets.styling import serialise

AUTHOR = "Bangfu"
_HERE = re.compile(rb"<\?here\s*\?>")
_SHAPE_ID = re.compile(rb"_x0000_s([0-9]+)")
BLOCK = 1024  # shapes that share the first digits of their number
_LINE = 16  # characters of Chinese in a line of the box
_NEW_COMMENTS = b"""<comments xmlns="%s"><authors/><commentList/></comments>"""
_NAMESPACES = {
    b"v": b"urn:schemas-microsoft-com:vml",
    b"o": b"urn:schemas-microsoft-com:office:office",
    b"x": b"urn:schemas-microsoft-com:office:excel",
}
_NEW_DRAWING = b"<xml %s></xml>" % b" ".join(b'xmlns:%s="%s"' % pair for pair in _NAMESPACES.items())
_BLOCKS = re.compile(rb"""(<o:idmap\b[^>]*\bdata\s*=\s*["'][0-9, ]*)(["'])""")
_LAYOUT = b"""<o:shapelayout%s v:ext="edit"><o:idmap v:ext="edit" data="%s"/></o:shapelayout>"""
_SHAPE_TYPE = b"""<v:shapetype%s id="_x0000_t202" coordsize="21600,21600" o:spt="202" \
path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>\
<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>"""
_SHAPE = """<v:shape{namespaces} id="_x0000_s{id}" type="#_x0000_t202" \
style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">\
<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>\
<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>\
<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>\
<x:Anchor>{left}, 15, {top}, 2, {right}, 15, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>\
<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"""


class Comments:
    """The comments of one sheet: those it has, and new ones by cell. A cell that has one keeps it, with the
    new text below."""

    def __init__(
        self, existing: bytes | None, namespace: bytes, texts: Mapping[Position, str], where: str
    ) -> None:
        self.root = parse(existing or _NEW_COMMENTS % namespace, where)
        self.namespace = etree.QName(self.root).namespace
        authors, listed = self.root.find("{*}authors"), self.root.find("{*}commentList")
        if authors is None or listed is None:
            raise refusal("truncated", where)
        etree.SubElement(authors, self._tag("author")).text = AUTHOR
        self.author = len(authors) - 1
        self.list = listed
        self.texts = texts
        joined = set(self._join(texts))
        self.fresh = [cell for cell in sorted(texts) if cell not in joined]

    def content(self) -> Iterator[bytes]:
        """The comments part in pieces."""
        self.list.append(etree.ProcessingInstruction("here"))
        before, after = _HERE.split(serialise(self.root))
        yield before
        namespace = escape(self.namespace or "", {'"': "&quot;"})
        for cell in self.fresh:
            text = escape(self.texts[cell])
            yield (
                f'<comment xmlns="{namespace}" ref="{reference(*cell)}" authorId="{self.author}">'
                f'<text><t xml:space="preserve">{text}</t></text></comment>'
            ).encode()
        yield after

    def _join(self, texts: Mapping[Position, str]) -> Iterator[Position]:
        for comment in self.list.iter("{*}comment"):
            cell = position(comment.get("ref", "").replace("$", ""))
            text = comment.find("{*}text")
            if cell in texts and text is not None:
                for plain in text.findall("{*}t"):
                    run = etree.Element(self._tag("r"))
                    text.replace(plain, run)
                    run.append(plain)
                added = etree.SubElement(etree.SubElement(text, self._tag("r")), self._tag("t"))
                added.text = f"\n{texts[cell]}"
                added.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                yield cell

    def _tag(self, name: str) -> str:
        return f"{{{self.namespace}}}{name}"


def shape_blocks(content: bytes) -> int:
    """The number of the first thousand of shape numbers that lies behind all those used in a drawing."""
    return max((int(number) for number in _SHAPE_ID.findall(content)), default=0) // BLOCK + 1


def drawing(
    existing: bytes | None, cells: Sequence[Position], texts: Mapping[Position, str], block: int
) -> Iterator[bytes]:
    """The drawing part in pieces, with a hidden box for each cell. `block`: the first thousand of shape
    numbers that no other drawing of the workbook uses."""
    content = _NEW_DRAWING if existing is None else existing
    head = content[: content.find(b">", content.find(b"<xml"))]
    missing = [b' xmlns:%s="%s"' % pair for pair in _NAMESPACES.items() if b"xmlns:%s=" % pair[0] not in head]
    namespaces = b"".join(missing)
    blocks = b",".join(b"%d" % number for number in range(block, block + len(cells) // BLOCK + 1))
    listed, changes = _BLOCKS.subn(rb"\g<1>," + blocks + rb"\g<2>", content, count=1)
    before, end, after = listed.rpartition(b"</xml>")
    yield before
    if not changes:
        yield _LAYOUT % (namespaces, blocks)
    if b'id="_x0000_t202"' not in before:
        yield _SHAPE_TYPE % namespaces
    for number, (row, column) in enumerate(cells, block * BLOCK + 1):
        lines = len(texts[row, column]) // _LINE + 2
        yield _SHAPE.format(
            namespaces=namespaces.decode(),
            id=number,
            left=column + 1,
            right=column + 4,
            top=max(row - 1, 0),
            bottom=max(row - 1, 0) + lines,
            row=row,
            column=column,
        ).encode()
    yield end + after
