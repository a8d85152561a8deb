"""The cases of every pack, and the corpus on a cluster: some minutes, so only `make spark` runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functional.spark.asking import assert_cases, assert_corpus
from tests.functional.spark.batches import batches_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark
PACKS = ["s0_lvchun", "s1_linked_villages", "s2_town_review", "s3_canggou", "s4_nanhuzhou"]


@pytest.mark.parametrize("pack", PACKS)
def test_cases_on_this_machine(pack: str, local: SparkSession) -> None:
    assert_cases(batches_of(pack), local)


class TestOnACluster:
    """After those on this machine: a process has one Spark at a time."""

    @pytest.mark.parametrize("pack", PACKS)
    def test_cases(self, pack: str, cluster: SparkSession) -> None:
        assert_cases(batches_of(pack), cluster)

    def test_the_corpus(self, cluster: SparkSession) -> None:
        assert_corpus(cluster)
