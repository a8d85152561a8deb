"""The parts of an xlsx and how they refer to each other."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from bangfu.core.sheets.archive import Archive
from bangfu.core.sheets.problems import refusal

_OFFICE_DOCUMENT = "/officeDocument"
_WORKSHEET = "/worksheet"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(frozen=True)
class Relationship:
    """One reference from a part to another; `target` is a part name, or an address outside."""

    id: str
    type: str
    target: str
    is_external: bool


@dataclass(frozen=True)
class SheetPart:
    """A worksheet: its name on the tab, the part that holds it, whether a person sees it."""

    name: str
    part: str
    is_visible: bool


@dataclass(frozen=True)
class Package:
    """The workbook part of an xlsx, its references, and its worksheets in the order of the tabs."""

    workbook: str
    sheets: tuple[SheetPart, ...]
    relationships: Mapping[str, Relationship]
    namespace: str  # of spreadsheet elements: transitional or strict
    relationship_types: str  # what the types of its relationships begin with
    is_1904: bool  # days are counted from 1904, as Excel for Mac once did


def parse(content: bytes, where: str) -> etree._Element:
    """The root of a small XML part. No entity, document type or address is followed; WorkbookError if it
    is not well-formed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise refusal("truncated", where) from None
    if b"<!DOCTYPE" in content:
        raise refusal("bomb", where, "DOCTYPE")
    return root


def relationships_part(part: str) -> str:
    """Where the references of `part` are kept."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def read_relationships(archive: Archive, part: str) -> dict[str, Relationship]:
    """The references of a part by id; empty if it has none."""
    name = relationships_part(part)
    if name not in archive.parts:
        return {}
    base = posixpath.dirname(part)
    found = {}
    for element in parse(archive.read(name), archive.name).iter("{*}Relationship"):
        external = element.get("TargetMode") == "External"
        target = element.get("Target", "")
        if not external:
            target = posixpath.normpath(posixpath.join("/", base, target)).lstrip("/")
        found[element.get("Id", "")] = Relationship(
            element.get("Id", ""), element.get("Type", ""), target, external
        )
    return found


def open_package(archive: Archive) -> Package:
    """Find the workbook and its worksheets. Raises WorkbookError: unknown (another kind of document),
    no_sheet, truncated."""
    main = [r for r in read_relationships(archive, "").values() if r.type.endswith(_OFFICE_DOCUMENT)]
    if not main or main[0].target not in archive.parts:
        raise refusal("unknown", archive.name)
    workbook = main[0].target
    root = parse(archive.read(workbook), archive.name)
    if etree.QName(root).localname != "workbook":
        raise refusal("unknown", archive.name)
    references = read_relationships(archive, workbook)
    sheets = []
    for element in root.iter("{*}sheet"):
        reference = references.get(element.get(_ID) or element.get(_STRICT_ID) or "")
        if reference is None or reference.target not in archive.parts:
            raise refusal("truncated", archive.name)
        if reference.type.endswith(_WORKSHEET):
            visible = element.get("state", "visible") == "visible"
            sheets.append(SheetPart(element.get("name", ""), reference.target, visible))
    if not sheets:
        raise refusal("no_sheet", archive.name)
    namespace = etree.QName(root).namespace or ""
    types = main[0].type.removesuffix(_OFFICE_DOCUMENT)
    properties = root.find("{*}workbookPr")
    is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
    return Package(workbook, tuple(sheets), references, namespace, types, is_1904)
