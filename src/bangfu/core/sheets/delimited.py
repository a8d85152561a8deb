"""csv files: UTF-8 with and without mark, UTF-16 with mark, GB18030; comma, tab or semicolon."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from pathlib import Path

from bangfu.core.sheets.archive import Limits
from bangfu.core.sheets.cells import Cell, RawSheet
from bangfu.core.sheets.problems import refusal

_ENCODINGS = ("utf-8", "gb18030")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_PAGE = re.compile(r"\s*(<!doctype\s+html|<html|<table|<\?xml|mime-version:)", re.IGNORECASE)
_DELIMITERS = ",\t;"
_SAMPLE_LINES = 20


def decode(content: bytes, where: str) -> str:
    """The text of a file. Raises WorkbookError if it is in none of the encodings, or no text at all."""
    marked = [encoding for mark, encoding in _MARKS.items() if content.startswith(mark)]
    for encoding in marked or _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise refusal("unknown", where)
        return text
    raise refusal("encoding", where)


def is_text(sample: bytes) -> bool:
    """Whether the beginning of a file is text in one of the encodings."""
    if b"\0" in sample:
        return sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in _ENCODINGS:
        try:
            codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            continue
        return True
    return False


def is_page(text: str) -> bool:
    """Whether the text is a web page or an XML document."""
    return _PAGE.match(text) is not None


def read_csv(path: Path, content: bytes, limits: Limits) -> RawSheet:
    """The one sheet of a csv file, named after the file. Raises WorkbookError."""
    text = decode(content, path.name)
    if is_page(text):
        raise refusal("html", path.name)
    lines = text.splitlines(keepends=True)
    sample = "".join(lines[:_SAMPLE_LINES])
    delimiter = max(_DELIMITERS, key=sample.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows: list[Sequence[Cell]] = []
    cells = 0
    try:
        for row in reader:
            rows.append(row)
            cells += len(row)
            if cells > limits.cells:
                raise refusal("too_big", path.name, f"{cells:,}")
    except csv.Error:
        raise refusal("csv", path.name, str(reader.line_num)) from None
    if not cells:
        raise refusal("empty", path.name)
    width = max(map(len, rows))
    padded = [[*row, *[""] * (width - len(row))] if len(row) < width else row for row in rows]
    return RawSheet.of_rows(path.stem, padded)
