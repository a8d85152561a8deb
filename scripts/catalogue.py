"""Collect the messages marked with `N_()` into the English catalogue and compile it.

python scripts/catalogue.py      update the .po (keeps translations, drops unused ones) and the .mo
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parent.parent / "src" / "bangfu"
PO = SOURCE / "locale" / "en" / "LC_MESSAGES" / "bangfu.po"
MO = PO.with_suffix(".mo")
# The words of the argument parser, which speaks English; written by hand.
PARSER_PO = SOURCE / "locale" / "zh_CN" / "LC_MESSAGES" / "messages.po"
MARKED_ON_A_PAGE = re.compile(r'\{\{ "([^"]+)" \| t \}\}|\{% t "([^"]+)"')  # Jinja's filter, Django's tag
SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # fixed, so that the file changes only when a message does


def templates() -> dict[str, list[str]]:
    """Every marked template and the modules that use it, in the order of the modules."""
    found: dict[str, set[str]] = {}
    rows = extract_from_dir(SOURCE, [("**.py", "python")], keywords={"N_": None}, comment_tags=())
    for name, _, message, _, _ in sorted(rows, key=lambda row: (row[0], row[1])):
        found.setdefault(str(message), set()).add(name)
    for page in sorted(SOURCE.rglob("templates/**/*.html")):
        for filtered, tagged in MARKED_ON_A_PAGE.findall(page.read_text(encoding="utf-8")):
            message = filtered or tagged
            found.setdefault(message, set()).add(page.relative_to(SOURCE).as_posix())
    return {template: sorted(names) for template, names in found.items()}


def read() -> Catalog:
    """The catalogue as it stands; empty if there is none yet."""
    if not PO.exists():
        return Catalog(locale="en")
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def update(old: Catalog) -> Catalog:
    """A catalogue of exactly the marked templates, with the translations of `old`."""
    new = Catalog(
        locale="en",
        project="bangfu",
        version="1",
        header_comment="# The English of Bangfu's messages. Written by `make locale`; translate here.",
        creation_date=SINCE,
        revision_date=SINCE,
        last_translator="the Bangfu authors",
        msgid_bugs_address="",
        language_team="en",
        fuzzy=False,
    )
    for template, names in templates().items():
        known = old.get(template)
        new.add(template, known.string if known else "", locations=[(name, 0) for name in names])
    return new


def compiled(catalogue: Catalog) -> bytes:
    """The bytes of the .mo file."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def write(catalogue: Catalog) -> None:
    """Write the .po and the .mo."""
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, catalogue, width=110, include_lineno=False)
    MO.write_bytes(compiled(read()))
    with PARSER_PO.open("rb") as file:
        parser = read_po(file, locale="zh_CN")
    parser.creation_date = parser.revision_date = SINCE
    PARSER_PO.with_suffix(".mo").write_bytes(compiled(parser))


if __name__ == "__main__":
    catalogue = update(read())
    write(catalogue)
    missing = [str(message.id) for message in catalogue if message.id and not message.string]
    print(f"{len(catalogue)} messages, {len(missing)} without English")
