"""Who is who in two lists, and where the lists disagree."""

from bangfu.core.linkage.comparing import DIFFERENCES, Comparison, compare_people, differences_as_facts
from bangfu.core.linkage.matching import MATCHES, Matched, Matching, match_people
from bangfu.core.linkage.people import PEOPLE, people_of_list, people_of_register
from bangfu.core.linkage.side_by_side import SIDES, side_by_side

__all__ = [
    "DIFFERENCES",
    "MATCHES",
    "PEOPLE",
    "SIDES",
    "Comparison",
    "Matched",
    "Matching",
    "compare_people",
    "differences_as_facts",
    "match_people",
    "people_of_list",
    "people_of_register",
    "side_by_side",
]
