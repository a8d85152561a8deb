"""How much of a sample is missing, late or wrong on purpose. Shares of rows, declared here once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Shares of what is not as it should be."""

    below_line: float = 0.025  # households whose income misses the line although they count as exited
    unmet: float = (
        0.012  # households (or people) short in one standard: food, water, housing, schooling, insurance
    )
    unknown_cell: float = 0.012  # cells nobody filled in
    never_checked: float = 0.015  # lists of which nobody said up to when they are complete
    checked_late: float = 0.03  # lists complete only up to an earlier day
    no_helper: float = 0.012  # registered households without a helper
    copied_income: float = 0.025  # income sheets equal to last year's
    copied_plan: float = 0.04  # household plans that are nearly each other's text
    wrong_id_number: float = 0.004  # ID numbers with a wrong check digit
    same_phone: float = 0.01  # households that give the phone of another
    missed_visit: float = 0.05  # months in which a helper did not come
    missed_duty: float = 0.05  # other things owed and not done
    amount_off: float = 0.03  # handbook and passbook amounts that differ from the income sheet


RATES = Rates()
