"""Words on pages, from the core's one catalogue."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.functional import lazystr

from bangfu.core.messages import Message, current_language
from bangfu.core.vocabulary import CodeList, Column, Table


def t(template: str, **values: object) -> str:
    """A marked template in the current language."""
    return Message(template, values).render()


class _Later:
    def __init__(self, template: str) -> None:
        self._message = Message(template)

    def __str__(self) -> str:
        return self._message.render()


def later(template: str) -> str:
    """A marked template, translated when it is shown: for labels of forms and columns."""
    return lazystr(_Later(template))  # type: ignore[return-value]


def name_of(declared: Column | Table) -> str:
    """What a table or column of the vocabulary is called in the current language."""
    if current_language() != "en":
        return declared.name
    return declared.english[:1].upper() + declared.english[1:]


def code_label(codes: CodeList, code: str) -> str:
    """What a code means; in English the code itself, which is English words."""
    if current_language() == "en":
        return code.replace("_", " ")
    return codes.labels.get(code, code)


def moment(at: datetime) -> str:
    """A moment by the clocks of China: 2026-11-22 15:23."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
