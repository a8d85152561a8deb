"""Java, and sessions of Spark that start quickly."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bangfu.core.engine.spark_session import open_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[3]

# Compiling for minutes of work that lasts seconds is not worth it.
QUICK = {"spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


@pytest.fixture(scope="session")
def java() -> None:
    """Java is there, installed if need be."""
    subprocess.run(["bash", ROOT / "scripts" / "system_packages.sh", "java"], check=True)


@pytest.fixture(scope="module")
def local(java: None) -> Iterator[SparkSession]:
    """Spark on two threads of this machine."""
    with open_session(settings=QUICK) as session:
        yield session
