"""Messages for people: a Chinese template, typed values, rendered late.

Chinese is the language of the source; `locale/en/LC_MESSAGES/bangfu.po` holds the English. A template
is marked with `N_()` where it is written and translated when it is shown, so that language, masking and
the viewer's permission are decided by whoever shows it.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import as_file, files

DEFAULT_LANGUAGE = "zh_CN"
LANGUAGES = ("zh_CN", "en")

_TEN_THOUSAND = 10**4

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


def N_(template: str) -> str:
    """Mark a template for extraction; it is translated when rendered."""
    return template


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    with as_file(files("bangfu") / "locale") as folder:
        return gettext.translation("bangfu", folder, [language], fallback=language == DEFAULT_LANGUAGE)


def set_language(language: str) -> None:
    """Choose the language of everything rendered in this context: `zh_CN` or `en`."""
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is not one of {LANGUAGES}")
    _language.set(language)


def current_language() -> str:
    """The language in which messages are being rendered."""
    return _language.get()


def translate(template: str) -> str:
    """The template in the current language."""
    return _catalogue(_language.get()).gettext(template)


def format_value(value: object) -> str:
    """A value as people read it: 3,215 · 57.1 · 0.012 · 2026-11-22 · 是."""
    if isinstance(value, bool):
        return translate(N_("是")) if value else translate(N_("否"))
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        value = Fraction(repr(value))
    if isinstance(value, (Decimal, Fraction)):
        return _figure(Fraction(value))
    if isinstance(value, (list, tuple)):
        return translate(N_("、")).join(format_value(item) for item in value)
    return str(value)  # a day is 2026-11-22, a message renders


def _figure(value: Fraction) -> str:
    """Four decimals where they say it exactly, or of a rate (0.9496 is not 0.95); else two."""
    places = 4 if abs(value) < 1 or _TEN_THOUSAND % value.denominator == 0 else 2
    units = round(abs(value) * 10**places)
    whole, part = divmod(units, 10**places)
    sign = "-" if value < 0 < units else ""
    return f"{sign}{whole:,}.{part:0{places}}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Message:
    """A template with named values, e.g. `Message(N_("第 {row} 行"), {"row": 3})`."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def render(self) -> str:
        """The sentence in the current language."""
        return translate(self.template).format(
            **{name: format_value(value) for name, value in self.values.items()}
        )

    def __str__(self) -> str:
        return self.render()
