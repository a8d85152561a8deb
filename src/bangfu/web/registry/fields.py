"""Personal values at rest: closed in the database, masked on a page, opened only when somebody says so."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from bangfu.core.sheets.results import masked


class Sealed:
    """A closed value. Shown or logged by mistake, it shows its ends only; `reveal` opens it."""

    __slots__ = ("_context", "_sealed")

    def __init__(self, sealed: bytes, context: str) -> None:
        self._sealed = sealed
        self._context = context

    @property
    def sealed(self) -> bytes:
        """The bytes as they stand in the database."""
        return self._sealed

    def reveal(self) -> str:
        """The value in full. Whoever calls this for a page records it."""
        text: bytes = settings.KEYRING.open(self._sealed, self._context)
        return text.decode()

    def __str__(self) -> str:
        return masked(self.reveal())

    def __repr__(self) -> str:
        return f"<Sealed {self._context}>"


def seal(value: str, context: str) -> bytes:
    """The value closed, for the column `context` (`table.column`)."""
    sealed: bytes = settings.KEYRING.seal(value.encode(), context)
    return sealed


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """Text that is closed in the database and comes out as `Sealed`."""

    def __init__(self, context: str = "", **kwargs: Any) -> None:
        self.context = context
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        """For migrations."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "context": self.context}

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        """Closed bytes, with what opens them."""
        return None if value is None else Sealed(bytes(value), self.context)

    def get_prep_value(self, value: Any) -> Any:
        """Text is closed on its way in."""
        if isinstance(value, Sealed):
            return value.sealed
        return seal(value, self.context) if isinstance(value, str) else value
