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
from bangfu.core.register.households import (
    births,
    change_head,
    deaths,
    marriages_in,
    marriages_out,
    merge,
    move_households,
    move_persons,
    split,
)
from bangfu.core.register.statuses import STATUS_MOVES, change_status, correction
from bangfu.core.register.store import ParquetRegister, Receipt, create_register, open_register
from bangfu.core.register.successions import current_keys
from bangfu.core.register.validation import apply, well_formed

__all__ = [
    "STATUS_MOVES",
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
    "births",
    "cast_losslessly",
    "change_head",
    "change_schema",
    "change_status",
    "conflicts",
    "correction",
    "create_register",
    "creates",
    "current_keys",
    "deaths",
    "differences",
    "empty_state",
    "fold",
    "inverse",
    "marriages_in",
    "marriages_out",
    "merge",
    "move_households",
    "move_persons",
    "open_register",
    "removes",
    "split",
    "state_schema",
    "successors",
    "table_schema",
    "updates",
    "well_formed",
]
