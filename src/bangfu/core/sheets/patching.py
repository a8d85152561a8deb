"""Give some cells of a worksheet another format while its XML streams by; elsewhere no byte changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from bangfu.core.sheets.blocks import row_blocks, rows_end
from bangfu.core.sheets.cells import column_letters, position
from bangfu.core.sheets.problems import refusal
from bangfu.core.sheets.reasons import Severity
from bangfu.core.sheets.styling import Styles

Marks = Mapping[int, Mapping[int, Severity]]  # row → column → how grave

_QUOTED = rb"""(?:[^>"']|"[^"]*"|'[^']*')*?"""
_ROW_START = re.compile(rb"<((?:[\w.-]+:)?)row\b([^>]*)>")
_REFERENCE = re.compile(rb"""[\w.-]+:id\s*=\s*["']([^"']*)["']""")
ROW = re.compile(rb"<((?:[\w.-]+:)?)row\b(" + _QUOTED + rb")(?:(/)>|>(.*?)</(?:[\w.-]+:)?row\s*>)", re.DOTALL)
CELL = re.compile(rb"<((?:[\w.-]+:)?)c\b(" + _QUOTED + rb")(?:/>|>.*?</(?:[\w.-]+:)?c\s*>)", re.DOTALL)
NUMBER = re.compile(rb"""(?:^|\s)r\s*=\s*["']([^"']*)["']""")
STYLE = re.compile(rb"""(\s)s\s*=\s*["']([0-9]+)["']""")
_TAG = re.compile(rb"<!--.*?-->|<\?.*?\?>|<(/?)((?:[\w.-]+:)?)([\w.-]+)" + _QUOTED + rb"(/?)>", re.DOTALL)
# What may stand behind legacyDrawing in a worksheet; AlternateContent wraps controls.
_BEHIND = {
    b"legacyDrawing", b"legacyDrawingHF", b"drawingHF", b"picture", b"oleObjects", b"controls",
    b"AlternateContent", b"webPublishItems", b"tableParts", b"extLst",
}  # fmt: skip


def read_tail(pieces: Iterable[bytes], where: str) -> bytes:
    """What stands behind the rows of a worksheet."""
    tail: list[bytes] = []
    for block in row_blocks(pieces, where):
        if tail:
            tail.append(block)
        elif end := rows_end(block):
            tail = [block[end.end() :]]
    if not tail:
        raise refusal("truncated", where)
    return b"".join(tail)


def comments_drawing(tail: bytes) -> str | None:
    """The relationship id of the drawing in which the sheet's comments are; None if it has none."""
    for tag in _top_level(tail):
        if tag[3] == b"legacyDrawing" and (reference := _REFERENCE.search(tag[0])):
            return reference[1].decode("ascii", "replace")
    return None


def patch_sheet(
    pieces: Iterable[bytes], marks: Marks, styles: Styles, element: bytes, where: str
) -> Iterator[bytes]:
    """A worksheet with marked cells. `element`: the reference to a new drawing of comments, or nothing."""
    row = -1
    tail: list[bytes] = []
    for block in row_blocks(pieces, where):
        if tail:
            tail.append(block)
            continue
        end = rows_end(block)
        rows = block[: end.end()] if end else block
        patched, row = _patch_rows(rows, row, marks, styles)
        yield patched
        if end:
            tail = [block[end.end() :]]
    yield _with_element(b"".join(tail), element)


def _with_element(tail: bytes, element: bytes) -> bytes:
    """The tail with `element` where the schema wants a legacyDrawing."""
    for tag in _top_level(tail):
        if tag[1] or tag[3] in _BEHIND:
            prefix = tag[2]
            return tail[: tag.start()] + element.replace(b"<", b"<" + prefix, 1) + tail[tag.start() :]
    return tail


def _top_level(tail: bytes) -> Iterator[re.Match[bytes]]:
    """Start tags of the worksheet's own children, and its end tag."""
    depth = 0
    for tag in _TAG.finditer(tail):
        if tag[3] is None:
            continue  # a comment or processing instruction
        if tag[1]:
            depth -= 1
            if depth < 0:
                yield tag
                return
            continue
        if depth == 0:
            yield tag
        if not tag[4]:
            depth += 1


def _patch_rows(block: bytes, last: int, marks: Marks, styles: Styles) -> tuple[bytes, int]:
    parts: list[bytes] = []
    done, row = 0, last
    for start in _ROW_START.finditer(block):
        number = NUMBER.search(start[2])
        row = int(number[1]) - 1 if number else row + 1
        if row in marks and (match := ROW.match(block, start.start())):
            parts += [block[done : match.start()], _patch_row(match, row, marks[row], styles)]
            done = match.end()
    return b"".join([*parts, block[done:]]), row


def _patch_row(match: re.Match[bytes], row: int, marks: Mapping[int, Severity], styles: Styles) -> bytes:
    prefix, attributes, _, content = match.groups()
    custom = STYLE.search(attributes)
    base = int(custom[2]) if custom else 0
    waiting = sorted(marks)
    parts = [b"<%srow%s>" % (prefix, attributes)]
    column, done = -1, 0
    content = content or b""

    def fill_up(before: int) -> None:
        while waiting and waiting[0] < before:
            at = waiting.pop(0)
            style = styles.mark(base, marks[at])
            parts.append(b'<%sc r="%s%d" s="%d"/>' % (prefix, column_letters(at).encode(), row + 1, style))

    for cell in CELL.finditer(content):
        reference = NUMBER.search(cell[2])
        column = position(reference[1].decode("ascii"))[1] if reference else column + 1
        fill_up(column)
        parts.append(content[done : cell.start()])
        done = cell.end()
        if waiting and waiting[0] == column:
            waiting.pop(0)
            parts.append(_restyled(cell[0], marks[column], styles))
        else:
            parts.append(cell[0])
    parts.append(content[done:])
    fill_up(1 << 14)
    parts.append(b"</%srow>" % prefix)
    return b"".join(parts)


def _restyled(cell: bytes, severity: Severity, styles: Styles) -> bytes:
    end = _TAG.match(cell)
    assert end is not None  # noqa: S101 - CELL begins with a tag
    tag = end[0]
    old = STYLE.search(tag)
    style = b"%d" % styles.mark(int(old[2]) if old else 0, severity)
    if old:
        tag = tag[: old.start(2)] + style + tag[old.end(2) :]
    else:
        at = len(tag) - (2 if tag.endswith(b"/>") else 1)
        tag = tag[:at] + b' s="' + style + b'"' + tag[at:]
    return tag + cell[end.end() :]
