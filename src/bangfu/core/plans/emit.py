"""Write a pack as YAML: one text for each file, always the same for the same pack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bangfu.core.plans.pack import Content
from bangfu.core.plans.schema import FILES
from bangfu.core.plans.schema.entry import Cited
from bangfu.core.plans.yaml_source import RESERVED, Plain

WIDTH = 100
_BARE = re.compile(r"[A-Za-z\u4e00-\u9fff]([^\s:#,\[\]{}\"'&*!|>%@`\\]| (?=\S))*")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u2028\u2029]")


def yaml_texts(content: Content) -> dict[str, str]:
    """File name → text of every file that says something; all cases go to one file."""
    texts = {}
    for file, model in FILES.items():
        part = getattr(content, file)
        value = {file: plain_of(part)} if set(model.model_fields) == {file} else plain_of(part)
        if isinstance(value, dict) and any(item not in (None, [], {}) for item in value.values()):
            name = "cases/cases.yaml" if file == "cases" else f"{file}.yaml"
            texts[name] = "\n".join(_block(value, 0)) + "\n"
    return texts


def ordered_fields(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """The fields as people read them: id and name, what it says, where it comes from."""

    def rank(name: str) -> int:
        return (
            ("id", "name").index(name) if name in ("id", "name") else 3 if name in Cited.model_fields else 2
        )

    return sorted(model.model_fields.items(), key=lambda field: rank(field[0]))


def plain_of(value: object) -> Plain:
    """A model as plain values under the keys of the files, leaving out what is at its default."""
    if isinstance(value, BaseModel):
        return {
            info.alias or name: plain_of(getattr(value, name))
            for name, info in ordered_fields(type(value))
            if info.is_required() or getattr(value, name) != info.default
        }
    if isinstance(value, Mapping):
        return {str(key): plain_of(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain_of(item) for item in value]
    if isinstance(value, Decimal) and "." not in str(value):
        return str(value)  # quoted: a long figure would look like a code
    return cast("Plain", value)


def flow(value: Plain) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    if _BARE.fullmatch(text) and text not in RESERVED and not _UNPRINTABLE.search(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _block(value: Plain, indent: int) -> Iterator[str]:
    space = " " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            if _fits(item, indent + len(key)):
                yield f"{space}{_text(key)}: {flow(item)}"
            else:
                yield f"{space}{_text(key)}:"
                yield from _block(item, indent + 2)
    else:
        for item in cast("list[Plain]", value):
            if _fits(item, indent):
                yield f"{space}- {flow(item)}"
            else:
                first, *rest = _block(item, indent + 2)
                yield f"{space}- {first.lstrip()}"
                yield from rest


def _fits(value: Plain, indent: int) -> bool:
    """Whether a value goes on its line: a scalar always, else what is short and holds only scalars."""
    if not isinstance(value, (dict, list)):
        return True
    items = value.values() if isinstance(value, dict) else value
    return not any(isinstance(item, (dict, list)) for item in items) and indent + len(flow(value)) <= WIDTH
