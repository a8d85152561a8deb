"""The changes there are, by the word that names them in addresses."""

from __future__ import annotations

from collections.abc import Mapping

from bangfu.web.registry.lawful.forms import ChangeForm
from bangfu.web.registry.lawful.homes import (
    ExitForm,
    IdentificationForm,
    MergeForm,
    MoveForm,
    RemovalForm,
    ReturnForm,
    SplitForm,
    StatusForm,
)
from bangfu.web.registry.lawful.people import (
    BirthForm,
    DeathForm,
    HeadChangeForm,
    MarriageInForm,
    MarriageOutForm,
    PersonMoveForm,
)

# In the order in which they stand on the household's page.
CHANGES: Mapping[str, type[ChangeForm]] = {
    form.slug: form
    for form in (
        BirthForm,
        DeathForm,
        MarriageInForm,
        MarriageOutForm,
        PersonMoveForm,
        HeadChangeForm,
        SplitForm,
        MergeForm,
        MoveForm,
        IdentificationForm,
        ExitForm,
        ReturnForm,
        RemovalForm,
    )
}


def changes_for(status: str | None) -> list[type[ChangeForm]]:
    """Those that a household with this status may make."""
    return [form for form in CHANGES.values() if not issubclass(form, StatusForm) or form.may_begin(status)]
