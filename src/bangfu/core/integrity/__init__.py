"""Integrity of a register: check rules as data, copied incomes and texts, kept as keyed facts."""

from bangfu.core.integrity.auditing import SOURCE, Audit, audit, facts_of
from bangfu.core.integrity.checking import HITS, check_register
from bangfu.core.integrity.facts import FACTS, Completion, record_facts
from bangfu.core.integrity.rules_data import Rule, load_rule_pack, load_rules
from bangfu.core.integrity.texts import Similarity, similar_texts

__all__ = [
    "FACTS",
    "HITS",
    "SOURCE",
    "Audit",
    "Completion",
    "Rule",
    "Similarity",
    "audit",
    "check_register",
    "facts_of",
    "load_rule_pack",
    "load_rules",
    "record_facts",
    "similar_texts",
]
