"""A model for every table of the vocabulary, made from the vocabulary when this module is imported.

`row_model("household")` is the class; its fields are the table's own key, a foreign key for every link column,
a field for every column, and `row_version`, the batch that last touched the row. Text that identifies a person
or names an illness is closed at rest, save names, which people are searched by; numbers that people are found
by have a blind index of the whole (`<column>_index`) and of the last four characters (`<column>_tail`).
"""

from __future__ import annotations

from typing import Any

from django.db import models

from bangfu.core.vocabulary import Column, ColumnType, Sensitivity, Table, Vocabulary, load_vocabulary
from bangfu.web.registry.fields import SealedField
from bangfu.web.registry.scope import RowQuerySet

VOCABULARY: Vocabulary = load_vocabulary()
VERSION_COLUMN = "_version"
SEARCHED_BY_NAME = frozenset({"head_name", "full_name"})
FOUND_BY_NUMBER = frozenset({"head_id_number", "id_number", "phone"})
SORTED_BY = frozenset(
    {"household_code", "person_code", "cadre_code", "division_code", "head_name", "full_name"}
)


class Row(models.Model):
    """A current row of the register. Written by `registry.actions` only, from the log of changes."""

    row_version = models.BigIntegerField(db_column=VERSION_COLUMN)

    objects = RowQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"


def is_sealed(column: Column) -> bool:
    """Whether a column is closed at rest."""
    personal = column.sensitivity in (Sensitivity.IDENTITY, Sensitivity.SENSITIVE)
    return personal and column.type is ColumnType.TEXT and column.id not in SEARCHED_BY_NAME


def index_columns(column: Column) -> tuple[str, ...]:
    """The names of a column's blind indexes."""
    return (f"{column.id}_index", f"{column.id}_tail") if column.id in FOUND_BY_NUMBER else ()


def index_context(column: str) -> str:
    """What two columns have in common that hold the same kind of number: a head's is a person's."""
    return column.removeprefix("head_")


def link_field(column: str) -> str:
    """The name of the foreign key that is kept in a link column."""
    return column.removesuffix("_id")


def _field(table: Table, column: Column) -> models.Field[Any, Any]:
    if is_sealed(column):
        return SealedField(context=f"{table.id}.{column.id}", null=True)
    is_indexed = column.id in SORTED_BY
    match column.type:
        case ColumnType.INT:
            return models.BigIntegerField(null=True)
        case ColumnType.DECIMAL:
            return models.DecimalField(max_digits=18, decimal_places=2, null=True)
        case ColumnType.DATE:
            return models.DateField(null=True)
        case ColumnType.BOOL:
            return models.BooleanField(null=True)
    return models.TextField(null=True, db_index=is_indexed)


def _model(table: Table) -> type[Row]:
    fields: dict[str, Any] = {table.key: models.BigIntegerField(primary_key=True)}
    for link in table.links:
        if link.column is not None:
            fields[link_field(link.column)] = models.ForeignKey(
                class_name(link.parent), models.DO_NOTHING, null=True, related_name=f"{table.id}_rows"
            )
    for column in table.columns.values():
        fields[column.id] = _field(table, column)
        for name in index_columns(column):
            fields[name] = models.CharField(max_length=24, null=True, db_index=True)
    meta = type("Meta", (), {"db_table": f"register_{table.id}", "app_label": "registry"})
    about = {
        "__module__": __name__,
        "__doc__": f"{table.name}: {table.english}.",
        "Meta": meta,
        "table": table,
    }
    return type(class_name(table.id), (Row,), fields | about)


def class_name(table: str) -> str:
    """household_plan → HouseholdPlan."""
    return "".join(part.capitalize() for part in table.split("_"))


MODELS: dict[str, type[Row]] = {name: _model(table) for name, table in VOCABULARY.tables.items()}


def row_model(table: str) -> type[Row]:
    """The model of a table of the vocabulary."""
    return MODELS[table]


def rows(table: str) -> RowQuerySet:
    """All current rows of a table; narrow them by `visible_to` before anything is shown."""
    found: RowQuerySet = row_model(table).objects.all()
    return found
