"""Which plan packs there are, and which of them holds where, from which day on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q, Value

from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.divisions.models import Division


class Kind(StrEnum):
    """How a pack came in."""

    PACKAGED = "packaged"
    FOLDER = "folder"
    WORKBOOK = "workbook"


def reaching(user: User | AnonymousUser, permission: Permission, path: str = "division__path") -> Q:
    """What holds in some of the user's divisions: at them, below them, or above them (a county's plan is read
    in its townships)."""
    found = Q(pk__in=[])
    for place in Division.objects.filter(code__in=codes_of(user, permission)):
        found |= Q(**{f"{path}__startswith": place.path}) | Q(**{f"{path}__in": _above(place)})
    return found


def _above(place: Division) -> list[str]:
    codes = place.path.strip("/").split("/")
    return ["/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]


class PackQuerySet(models.QuerySet["Pack"]):
    """Questions about packs."""

    def visible_to(self, user: User | AnonymousUser) -> PackQuerySet:
        """Packs that come with the product, and those of divisions that the user's reach."""
        if not codes_of(user, Permission.PLAN_READ):
            return self.none()
        return self.filter(Q(division__isnull=True) | reaching(user, Permission.PLAN_READ))


class Pack(models.Model):
    """A plan pack as it came in: never changed afterwards. Its files lie in the folder named by `digest`.

    `division` is whose it is (none: it comes with the product). `problem_count` is of the check on arrival.
    """

    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=10)
    division = models.ForeignKey(Division, models.PROTECT, null=True)
    plan_id = models.CharField(max_length=120)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    issuer = models.CharField(max_length=200)
    file_name = models.CharField(max_length=200)
    problem_count = models.IntegerField(default=0)
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True)
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = PackQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["digest", "division"], name="one_pack_each"),
            models.UniqueConstraint(
                fields=["digest"], condition=Q(division__isnull=True), name="one_packaged_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class State(StrEnum):
    """How far a plan has come to being in force somewhere."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class Move(StrEnum):
    """What may be done with it."""

    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    END = "end"


MOVES: Mapping[State, Mapping[Move, State]] = {
    State.PROPOSED: {
        Move.APPROVE: State.APPROVED,
        Move.RETURN: State.RETURNED,
        Move.WITHDRAW: State.WITHDRAWN,
    },
    State.APPROVED: {Move.END: State.ENDED},
    State.RETURNED: {},
    State.WITHDRAWN: {},
    State.ENDED: {},
}


class EnactmentQuerySet(models.QuerySet["Enactment"]):
    """Questions about plans put in force."""

    def visible_to(self, user: User | AnonymousUser) -> EnactmentQuerySet:
        """Those that hold in some of the user's divisions."""
        return self.filter(reaching(user, Permission.PLAN_READ))

    def in_force(self, on: date) -> EnactmentQuerySet:
        """Those that hold on a day."""
        said = self.filter(state__in=[State.APPROVED.value, State.ENDED.value], begins_on__lte=on)
        return said.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))

    def covering(self, division: Division) -> EnactmentQuerySet:
        """Those of the division and of what lies above it: one place may be under several plans."""
        return self.alias(place=Value(division.path)).filter(place__startswith=F("division__path"))


class Enactment(models.Model):
    """A pack in force for a division from its first day to its last (none: open)."""

    pack = models.ForeignKey(Pack, models.PROTECT, related_name="enactments")
    division = models.ForeignKey(Division, models.PROTECT)
    state = models.CharField(max_length=12, default=State.PROPOSED.value, db_index=True)
    begins_on = models.DateField()
    ends_on = models.DateField(null=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, default="")

    objects = EnactmentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"enactment {self.pk}"

    def allows(self, move: Move) -> bool:
        """Whether it stands where the move begins."""
        return move in MOVES[State(self.state)]
