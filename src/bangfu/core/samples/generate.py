"""Draw the register of a place: every table of the vocabulary that a plan speaks of."""

from __future__ import annotations

from datetime import date

import polars as pl

from bangfu.core.register import cast_losslessly, table_schema
from bangfu.core.samples.areas import areas
from bangfu.core.samples.homes import homes
from bangfu.core.samples.households import household_facts, households, skeleton
from bangfu.core.samples.incomes import incomes
from bangfu.core.samples.papers import papers
from bangfu.core.samples.people import people, with_relief
from bangfu.core.samples.places import place_of
from bangfu.core.samples.presence import presence
from bangfu.core.samples.records import records
from bangfu.core.samples.scene import Scene
from bangfu.core.samples.supports import supports
from bangfu.core.samples.ties import assignments, helped, pairings
from bangfu.core.samples.visits import visits
from bangfu.core.samples.workforce import workforce
from bangfu.core.vocabulary import load_vocabulary


def generate(place: str, seed: int, as_of: date) -> dict[str, pl.DataFrame]:
    """The sample register of a place (`s0` … `s4`) on a day: table → rows with exactly the vocabulary's
    columns, identity columns included. The same arguments give the same rows.

    Raises SampleError: no such place, or a day before its plan.
    """
    scene = Scene(place_of(place, as_of), seed, as_of)
    drawn = areas(scene)
    bones = skeleton(scene, drawn["village"])
    person = people(scene, bones)
    household = households(scene, bones, household_facts(person))
    person = with_relief(scene, person, household)
    drawn |= incomes(scene, household) | homes(scene, household)
    pairs = helped(scene, household)
    drawn |= workforce(scene, drawn, helpers=pairs.select(pl.col("helper").max() + 1).item())
    drawn |= {
        "household": household,
        "person": person,
        "pairing": pairings(scene, pairs, household, drawn["cadre"]),
        "assignment": assignments(scene, drawn["cadre"], drawn["village"]),
    }
    drawn |= supports(scene, household, person) | presence(scene, drawn)
    drawn |= records(scene, drawn)
    drawn |= papers(scene, drawn) | {"visit": visits(scene, drawn)}
    return {name: declared(name, drawn[name]) for name in sorted(drawn)}


def declared(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns that the vocabulary declares, exactly typed; what a part needed for itself is left out."""
    schema = table_schema(load_vocabulary().tables[table])
    kept = frame.select(name for name in schema if name in frame.columns)
    typed, lossy = cast_losslessly(kept, schema)
    if lossy:
        raise TypeError(f"{table}: {lossy}")
    return typed
