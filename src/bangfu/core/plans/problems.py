"""What pydantic found wrong, told to people: file, line, what was meant."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.schema.refuse import as_written
from bangfu.core.plans.yaml_source import Path, Source

_QUOTE = N_("如果是代码、编号或文字，请加引号。")
_TEMPLATES = {
    "missing": (N_("缺少 {key}。"), None),
    "string_type": (N_("{key} 要写文字，写的是 {value}。"), _QUOTE),
    "string_too_short": (N_("{key} 不能是空的。"), None),
    "bool_type": (N_("{key} 要写 true 或 false，写的是 {value}。"), None),
    "int_type": (N_("{key} 要写整数，写的是 {value}。"), None),
    "tuple_type": (N_("{key} 要写成列表。"), N_("每一项前面加“- ”，或写在 [ ] 里。")),
    "model_type": (N_("{key} 要写成“键: 值”。"), None),
    "dict_type": (N_("{key} 要写成“键: 值”。"), None),
    "too_short": (N_("{key} 至少要写一项。"), None),
    "too_few": (N_("{key} 少写了一项。"), None),
    "too_long": (N_("{key} 至多写 {max_length} 项，写了 {actual_length} 项。"), None),
    "greater_than": (N_("{key} 要大于 {gt}。"), None),
    "greater_than_equal": (N_("{key} 不能小于 {ge}。"), None),
}
_PATTERNS = {  # a mark of the pattern → advice
    "{12}": N_("要写 12 位行政区划代码，并加引号。"),
    r"\.": N_("要写成 1.0.0 的样子。"),
    "a-z0-9_": N_("只能用小写字母、数字和下划线，以字母开头。"),
    "": N_("只能用字母、汉字、数字、连字符和下划线，以字母或汉字开头。"),
}


def problems_of(error: ValidationError, source: Source, model: type[BaseModel]) -> list[Problem]:
    """A problem for each thing that pydantic found, except where the reader has already reported it."""
    found: dict[tuple[Path, str], Problem] = {}
    errors = error.errors()
    for details in errors:
        path = _path_in(source, details["loc"])
        if not _is_told_elsewhere(details, path, errors, source):
            found.setdefault((path, details["type"]), _problem(details, path, source, model))
    return list(found.values())


def _is_told_elsewhere(details: ErrorDetails, path: Path, errors: list[ErrorDetails], source: Source) -> bool:
    """By the reader; or a list is too short only because its items are wrong."""
    if any(path[: len(refused)] == refused for refused in source.refused):
        return True
    loc = details["loc"]
    return details["type"] == "too_short" and any(
        loc == other["loc"][: len(loc)] != other["loc"] for other in errors
    )


def suggestion(word: object, known: Iterable[str]) -> Message | None:
    """“Did you mean …”, or what there is, or nothing."""
    names = sorted(set(known))
    cutoff = 0.6 if str(word).isascii() else 0.5  # one of two Chinese characters is already near
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=cutoff)
    if near:
        return Message(N_("是不是 {name}？"), {"name": near[0]})
    return Message(N_("可以写：{names}。"), {"names": names[:20]}) if names else None


def _path_in(source: Source, loc: tuple[int | str, ...]) -> Path:
    """The error's path without the tags that pydantic puts in for alternatives."""
    path: Path = ()
    for step in loc:
        if (*path, step) in source.lines:
            path = (*path, step)
    return path


def _problem(details: ErrorDetails, path: Path, source: Source, model: type[BaseModel]) -> Problem:
    kind = details["type"].removeprefix("plan.")
    if kind == "missing" and isinstance(details["loc"][-1], int):
        kind = "too_few"
    steps = details["loc"] if kind == "missing" else path
    key = next((step for step in reversed(steps) if isinstance(step, str)), source.file)
    context = details.get("ctx", {})
    values = {"key": key, "value": as_written(details["input"]), **context}
    remedy: Message | None = None
    if kind == "wrong":
        reason = Message(context["template"], context["values"])
        message = Message(N_("{key}：{reason}"), {"key": key, "reason": reason})
    elif kind == "extra_forbidden":
        message = Message(N_("不认识的键 {key}。"), values)
        remedy = suggestion(key, keys_at(model, path[:-1]))
    elif kind == "literal_error":
        message = Message(N_("{key} 不能写 {value}。"), values)
        remedy = suggestion(details["input"], re.findall(r"'([^']*)'", context["expected"]))
    elif kind == "string_pattern_mismatch":
        message = Message(N_("{key} 的写法不对：{value}。"), values)
        remedy = Message(next(text for mark, text in _PATTERNS.items() if mark in context["pattern"]))
    else:
        template, advice = _TEMPLATES.get(kind, (N_("{key} 不合要求：{reason}。"), None))
        message = Message(template, {**values, "reason": details["msg"]})
        remedy = Message(advice) if advice else None
    return Problem(f"plan.{kind}", message, source.where(path), remedy)


def keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand at a path of a file."""
    annotation: object = model
    for step in path:
        annotation = _inside(annotation, step)
    return [info.alias or name for name, info in _models(annotation)[0].model_fields.items()]


def _inside(annotation: object, step: str | int) -> object:
    if isinstance(step, int):
        return annotation
    if typing.get_origin(annotation) is dict:
        return typing.get_args(annotation)[1]
    fields = _models(annotation)[0].model_fields
    return next(info.annotation for name, info in fields.items() if step in (name, info.alias))


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in typing.get_args(annotation) for model in _models(argument)]
