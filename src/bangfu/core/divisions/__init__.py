"""Administrative divisions by 12-digit code, with the days on which each is valid."""

from bangfu.core.divisions.load import load_divisions, shipped_divisions
from bangfu.core.divisions.model import Division, DivisionError, Divisions, Level

__all__ = [
    "Division",
    "DivisionError",
    "Divisions",
    "Level",
    "load_divisions",
    "shipped_divisions",
]
