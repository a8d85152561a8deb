"""Three-valued logic: True, False, and None for not known."""

from __future__ import annotations

from collections.abc import Iterable

Tri = bool | None


def tri_not(a: Tri) -> Tri:
    """Negation."""
    return None if a is None else not a


def tri_and(items: Iterable[Tri]) -> Tri:
    """False if any is false, else unknown if any is unknown."""
    seen_unknown = False
    for item in items:
        if item is False:
            return False
        seen_unknown = seen_unknown or item is None
    return None if seen_unknown else True


def tri_or(items: Iterable[Tri]) -> Tri:
    """True if any is true, else unknown if any is unknown."""
    return tri_not(tri_and(tri_not(item) for item in items))
