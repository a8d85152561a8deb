"""Read one YAML 1.2 file of a pack into plain values, remembering the line of each.

Built on the parser's events rather than on its constructors, so that nothing is ever executed, every
mistake is reported at once, and what invites mistakes (anchors, tags, unquoted codes) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message

Path: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "bool | int | Decimal | date | str | list[Plain] | dict[str, Plain] | None"

MAX_DEPTH = 40
_ANCHOR = N_("不能用锚点和别名（& 和 *）。")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
RESERVED = _NULL | set(_BOOL)
_INT = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE = re.compile(r"0[0-9]+|[0-9]{10,}")


@dataclass(frozen=True)
class Source:
    """A parsed file: its values, the line of each path, and the paths already reported as wrong.

    `sheets` names another place than `file` for what stands under a key: a sheet of a workbook.
    `is_broken`: the text could not be parsed, so nothing is known of what it says.
    """

    file: str
    value: Plain
    lines: Mapping[Path, int]
    refused: frozenset[Path] = frozenset()
    sheets: Mapping[str | int, str] = field(default_factory=dict)
    is_broken: bool = False

    def where(self, path: Path = ()) -> str:
        """`file:line` of the path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        line = self.lines.get(path)
        file = self.sheets.get(path[0], self.file) if path else self.file
        return f"{file}:{line}" if line else file


def read_yaml(text: str, file: str) -> tuple[Source, list[Problem]]:
    """Parse one document. Never raises: what is wrong comes back as problems, and what could be read
    comes back as the source (None where nothing could)."""
    builder = _Builder(file)
    value: Plain = None
    is_broken = True
    try:
        value = builder.document(YAML(typ="safe", pure=True).parse(text))
        is_broken = False
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        builder.syntax(str(error.problem or error.context), mark.line + 1 if mark else None)
    except YAMLError as error:
        builder.syntax(str(error).splitlines()[0], None)
    except _TooDeepError as error:
        builder.report(
            "plan.too_deep", error.line, Message(N_("嵌套超过 {limit} 层。"), {"limit": MAX_DEPTH})
        )
    refused = frozenset(builder.refused)
    return Source(file, value, builder.lines, refused, is_broken=is_broken), builder.problems


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass
class _Builder:
    file: str
    problems: list[Problem] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)
    refused: set[Path] = field(default_factory=set)

    def report(self, code: str, line: int | None, message: Message, remedy: Message | None = None) -> None:
        where = f"{self.file}:{line}" if line else self.file
        self.problems.append(Problem(code, message, where, remedy))

    def syntax(self, reason: str, line: int | None) -> None:
        self.report(
            "plan.yaml_syntax",
            line,
            Message(N_("不是合格的 YAML：{reason}。"), {"reason": reason}),
            Message(N_("检查这一行和上一行的缩进、引号、冒号后的空格。")),
        )

    def document(self, events: Iterator[Event]) -> Plain:
        value: Plain = None
        documents = 0
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.report(
                        "plan.two_documents", line, Message(N_("一个文件只能有一份文档（多了 ---）。"))
                    )
                    break
                if event.version or event.tags:
                    self.report("plan.directive", line, Message(N_("不能写 %YAML、%TAG 指令。")))
            elif isinstance(event, (ScalarEvent, MappingStartEvent, SequenceStartEvent, AliasEvent)):
                value = self.node(event, events, ())
        return value

    def node(self, event: Event, events: Iterator[Event], path: Path) -> Plain:
        line = event.start_mark.line + 1
        self.lines.setdefault(path, line)
        if len(path) > MAX_DEPTH:
            raise _TooDeepError(line)
        if isinstance(event, AliasEvent):
            self.refuse(path, "plan.anchor", Message(_ANCHOR), N_("请把内容写全。"))
            return None
        self.check_marks(getattr(event, "anchor", None), getattr(event, "tag", None), path)
        if isinstance(event, ScalarEvent):
            return str(event.value) if event.style else self.scalar(event.value, path)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(events, path)
        return self.mapping(events, path)

    def check_marks(self, anchor: str | None, tag: str | None, path: Path) -> None:
        if anchor is not None:
            self.report("plan.anchor", self.lines[path], Message(_ANCHOR), Message(N_("请把内容写全。")))
        if tag is not None:
            message = Message(N_("不能用标签 {tag}。"), {"tag": tag})
            self.refuse(path, "plan.tag", message, N_("请删去感叹号开头的标签。"))

    def refuse(self, path: Path, code: str, message: Message, remedy: str) -> None:
        self.refused.add(path)
        self.report(code, self.lines[path], message, Message(remedy))

    def mapping(self, events: Iterator[Event], path: Path) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            line = event.start_mark.line + 1
            if isinstance(event, ScalarEvent):
                key = str(event.value)
            else:
                self.node(event, events, (*path, "?"))
                self.report("plan.key", line, Message(N_("键要是一个词。")))
                key = "?"
            here = (*path, key)
            if key in found:
                first = Message(N_("第一次在第 {line} 行。"), {"line": self.lines[here]})
                self.report("plan.duplicate_key", line, Message(N_("键 {key} 重复。"), {"key": key}), first)
                self.node(next(events), events, (*here, "?"))
                continue
            self.lines[here] = line
            found[key] = self.node(next(events), events, here)
        found.pop("?", None)
        return found

    def sequence(self, events: Iterator[Event], path: Path) -> list[Plain]:
        found: list[Plain] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            found.append(self.node(event, events, (*path, len(found))))
        return found

    def scalar(self, text: str, path: Path) -> Plain:
        """A plain scalar by the YAML 1.2 core rules, without the surprises (octal, infinity, exponents)."""
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _CODE.fullmatch(text):
            message = Message(N_("代码 {text} 没有加引号，会被当成数。"), {"text": text})
            remedy = Message(N_('请写成 "{text}"。'), {"text": text})
            self.report("plan.code_not_quoted", self.lines[path], message, remedy)
            return text
        if _INT.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return Decimal(text)
        if _DATE.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                message = Message(N_("没有 {text} 这一天。"), {"text": text})
                self.refuse(path, "plan.no_such_day", message, N_("请写成 2018-12-31 的样子。"))
                return None
        return text
