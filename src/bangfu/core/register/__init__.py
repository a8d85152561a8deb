"""The register: an append-only log of typed changes, and the tables that they fold into."""

from bangfu.core.register.access import Access
from bangfu.core.register.changes import (
    VERSION,
    Batch,
    ChangeSet,
    Kind,
    State,
    Succession,
    change_schema,
    creates,
    differences,
    empty_state,
    removes,
    state_schema,
    successors,
    updates,
)
from bangfu.core.register.columns import cast_losslessly, table_schema
from bangfu.core.register.folding import conflicts, fold, inverse
from bangfu.core.register.store import ParquetRegister, Receipt, create_register, open_register
from bangfu.core.register.validation import apply, well_formed

__all__ = [
    "VERSION",
    "Access",
    "Batch",
    "ChangeSet",
    "Kind",
    "ParquetRegister",
    "Receipt",
    "State",
    "Succession",
    "apply",
    "cast_losslessly",
    "change_schema",
    "conflicts",
    "create_register",
    "creates",
    "differences",
    "empty_state",
    "fold",
    "inverse",
    "open_register",
    "removes",
    "state_schema",
    "successors",
    "table_schema",
    "updates",
    "well_formed",
]
