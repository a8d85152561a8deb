"""Seeded sample registers of the five places of the plans, and the workbooks that an office would hand in."""

from bangfu.core.samples.bulk import Shares, write_sample_snapshot
from bangfu.core.samples.bulk_duties import write_sample_duties
from bangfu.core.samples.generate import generate
from bangfu.core.samples.pages import Dirt
from bangfu.core.samples.places import PLACES, Place, SampleError, place_of
from bangfu.core.samples.rates import RATES, Rates
from bangfu.core.samples.register import write_sample_register
from bangfu.core.samples.workbooks import write_sample_workbooks

__all__ = [
    "PLACES",
    "RATES",
    "Dirt",
    "Place",
    "Rates",
    "SampleError",
    "Shares",
    "generate",
    "place_of",
    "write_sample_duties",
    "write_sample_register",
    "write_sample_snapshot",
    "write_sample_workbooks",
]
