"""The lock files: hashed, host-free, and in step with pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import lock

PIN = "six==1.16.0 \\\n    --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"


@pytest.mark.parametrize("name", lock.LOCKS)
def test_a_lock_is_in_step(name: str) -> None:
    assert lock.faults(lock.FOLDER / name) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (lock.header() + PIN, None),
        (PIN, "does not follow from pyproject.toml as it is now"),
        (lock.header() + "--index-url https://index.example/simple\n" + PIN, "names a host"),
        (lock.header() + "six==1.16.0\n", "has no hash for six==1.16.0"),
    ],
)
def test_a_bad_lock_is_told(tmp_path: Path, text: str, fault: str | None) -> None:
    path = tmp_path / "lock.txt"
    path.write_text(text, encoding="utf-8")
    faults = lock.faults(path)
    assert fault in faults if fault else faults == []


def test_a_missing_lock_is_told(tmp_path: Path) -> None:
    assert lock.faults(tmp_path / "none.txt") == ["is missing"]


def test_the_demo_needs_no_heavy_part() -> None:
    names = {pin.split("==")[0] for pin in lock.pins(lock.FOLDER / "runtime.txt")}
    assert names.isdisjoint({"pyspark", "splink", "pandas", "numpy", "ortools", "django", "pytest"})
    assert {"duckdb", "polars", "pyarrow"} <= names
