"""Runs: the register as of a day, judged by the plans in force; results by criterion, division, household."""
