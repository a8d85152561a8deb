"""What a table of a snapshot looks like."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pyarrow as pa
import pytest

from bangfu.core.register import change_schema, table_schema
from bangfu.core.snapshots import (
    arrow_schema,
    schema_version,
    snapshot_columns,
    sort_columns,
    vocabulary_hash,
)
from bangfu.core.vocabulary import CodeList, Sensitivity, Table, Vocabulary, load_vocabulary
from tests.unit.register.worlds import BENEFIT, HOME, PERSON, VILLAGE, VOCABULARY, column, table

PRODUCT = load_vocabulary()
TABLES = sorted(PRODUCT.tables.values(), key=lambda t: t.id)


def test_keys_first_then_every_column_that_identifies_nobody() -> None:
    assert arrow_schema(HOME) == pa.schema(
        [
            pa.field("household_id", pa.int64(), nullable=False),
            ("village_id", pa.int64()),
            ("size", pa.int64()),
            ("area", pa.decimal128(18, 2)),
            ("seen_on", pa.date32()),
            ("safe", pa.bool_()),
            ("road", pa.string()),
            ("needs", pa.string()),
        ]
    )


@pytest.mark.parametrize("declared", TABLES, ids=lambda t: t.id)
def test_no_table_of_the_product_carries_who_somebody_is(declared: Table) -> None:
    identity = {c.id for c in declared.columns.values() if c.sensitivity is Sensitivity.IDENTITY}
    assert not identity & set(arrow_schema(declared).names)
    assert len(arrow_schema(declared).names) == 1 + len(declared.link_columns) + len(declared.columns) - len(
        identity
    )


@pytest.mark.parametrize("declared", TABLES, ids=lambda t: t.id)
def test_arrow_and_polars_hold_the_columns_alike(declared: Table) -> None:
    frame = pl.DataFrame(schema=table_schema(declared, snapshot_columns(declared)))
    assert frame.to_arrow().cast(arrow_schema(declared)).schema == arrow_schema(declared)


@pytest.mark.parametrize("declared", TABLES, ids=lambda t: t.id)
def test_no_column_is_called_like_the_words_of_a_change(declared: Table) -> None:
    """They stand side by side in one frame."""
    own = {"row_id", "change", "base_version", "cleared", "restores", "_version", "_at", "_birth"}
    assert not own & {declared.key, *declared.link_columns, *declared.columns}
    assert len(change_schema(declared)) == 5 + len(declared.link_columns) + len(declared.columns)


def test_what_belongs_to_a_household_lies_beside_it() -> None:
    bill = table("bill", links=PRODUCT.tables["hospital_bill"].links)
    assert sort_columns(VILLAGE) == ("village_id",)
    assert sort_columns(HOME) == ("household_id",)
    assert sort_columns(PERSON) == ("household_id", "person_id")
    assert sort_columns(BENEFIT) == ("household_id", "benefit_id")
    assert sort_columns(bill) == ("person_id", "bill_id")
    assert sort_columns(table("day")) == ("day_id",)


def changed(**tables: Table) -> Vocabulary:
    return replace(VOCABULARY, tables={**VOCABULARY.tables, **tables})


def test_names_may_change_but_meaning_may_not_unnoticed() -> None:
    renamed = changed(person=replace(PERSON, name="成员", aliases=("人",)))
    assert vocabulary_hash(renamed) == vocabulary_hash(VOCABULARY)
    more = replace(PERSON, columns={**PERSON.columns, "age": column("age", "int")})
    assert vocabulary_hash(changed(person=more)) != vocabulary_hash(VOCABULARY)
    assert schema_version(changed(person=more)) != schema_version(VOCABULARY)
    known_to = replace(PERSON, links=(replace(PERSON.links[0], known_to="seen_on"),))
    assert vocabulary_hash(changed(person=known_to)) != vocabulary_hash(VOCABULARY)
    assert schema_version(changed(person=known_to)) == schema_version(VOCABULARY)
    barred = replace(PERSON, links=(replace(PERSON.links[0], transit=False),))
    assert vocabulary_hash(changed(person=barred)) != vocabulary_hash(VOCABULARY)
    codes = {**VOCABULARY.codes, "road": CodeList("road", "路", {"mud": "泥土"})}
    assert vocabulary_hash(replace(VOCABULARY, codes=codes)) != vocabulary_hash(VOCABULARY)
