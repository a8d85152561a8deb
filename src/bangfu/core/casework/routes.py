"""To whom a plan sends what cannot be settled where it arose."""

from __future__ import annotations

from bangfu.core.messages import N_, translate
from bangfu.core.plans.pack import Pack

_EXTENSION = "extension"


def extension_route(pack: Pack) -> str:
    """Who answers a request for more time, by the plan's own names: the roles of the last step of the procedure on
    issues that is named so. Empty where the plan names nobody."""
    for procedure in pack.content.procedures:
        if procedure.subject == "issue" and procedure.id.startswith(_EXTENSION):
            return translate(N_("、")).join(pack.roles.get(role, role) for role in procedure.steps[-1].by)
    return ""
