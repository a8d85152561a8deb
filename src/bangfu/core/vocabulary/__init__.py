"""The tables and columns that a plan may speak of, declared once as data."""

from bangfu.core.vocabulary.check import check_vocabulary
from bangfu.core.vocabulary.load import load_vocabulary
from bangfu.core.vocabulary.model import (
    CodeList,
    Column,
    ColumnType,
    Empty,
    Link,
    Relation,
    Sensitivity,
    Table,
    Timing,
    Vocabulary,
)

__all__ = [
    "CodeList",
    "Column",
    "ColumnType",
    "Empty",
    "Link",
    "Relation",
    "Sensitivity",
    "Table",
    "Timing",
    "Vocabulary",
    "check_vocabulary",
    "load_vocabulary",
]
