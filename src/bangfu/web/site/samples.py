"""A sample county for practice: an invented register, and an account for every role with a password of its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db import transaction
from django.utils import timezone

from bangfu.core.register import Batch, ChangeSet, Kind, creates
from bangfu.core.samples import generate, place_of
from bangfu.web.access import ROLES, Role
from bangfu.web.accounts.actions import create_user, grant_role
from bangfu.web.audit.recording import Command
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import t
from bangfu.web.registry.actions import apply_changes
from bangfu.web.registry.rows import VOCABULARY, rows

_ACTOR = Command("sample")
_AT_COUNTY = frozenset(
    {Role.ADMINISTRATOR, Role.COUNTY_OFFICER, Role.LEADER, Role.SECTOR_OFFICE, Role.INSPECTOR}
)
_AT_VILLAGE = frozenset({Role.STATIONED, Role.VILLAGE_CADRE})


@dataclass(frozen=True)
class SampleAccount:
    """An account made for practice, with its password in clear: shown once, kept nowhere."""

    role: str
    username: str
    password: str
    division: str


@transaction.atomic
def load_sample(place: str, seed: int = 1, as_of: date | None = None) -> int:
    """Put the sample register of a place into the database as one batch; the number of its rows."""
    day = as_of or place_of(place).usual_day
    tables = {
        name: creates(VOCABULARY.tables[name], rows) for name, rows in generate(place, seed, day).items()
    }
    key = f"sample:{place}:{seed}:{day.isoformat()}"
    batch = Batch(f"sample-{place}-{seed}", Kind.IMPORT, key, day, timezone.now(), "sample", key)
    apply_changes(by=_ACTOR, change_set=ChangeSet(batch, tables))
    return sum(frame.height for frame in tables.values())


@transaction.atomic
def create_accounts(place: str) -> list[SampleAccount]:
    """An account for every role: at the county, the township, or a village of it."""
    township = Division.objects.get(code=place_of(place).division)
    county = township.parent or township
    village = township.children.order_by("code").first() or township
    made = []
    for role, sheet in ROLES.items():
        division = county if role in _AT_COUNTY else village if role in _AT_VILLAGE else township
        password = secrets.token_urlsafe(9)
        user = create_user(
            by=_ACTOR,
            username=role.value.replace("_", "-"),
            display_name=t(sheet.name),
            password=password,
            cadre_id=_busiest_helper() if role is Role.HELPER else None,
            must_change_password=False,
        )
        grant_role(by=_ACTOR, user=user, role=role, division=division, begins_on=timezone.localdate())
        made.append(SampleAccount(t(sheet.name), user.username, password, division.name))
    return made


def _busiest_helper() -> int | None:
    """A cadre of the sample who helps households today."""
    today = timezone.localdate()
    pairings = rows("pairing").exclude(end_on__lt=today).values_list("cadre_id", flat=True)
    keys = pl.Series("cadre", list(pairings), dtype=pl.Int64).drop_nulls()
    return None if keys.is_empty() else int(keys.mode().min())  # type: ignore[arg-type]
