"""People with an account, and the roles they hold at divisions from a day to a day."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from bangfu.core.messages import N_
from bangfu.web.access import ROLES, Role
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import later, t

# No digits in a row as long as an ID number or a phone: the name to sign in with stands in logs.
_NOT_PERSONAL = RegexValidator(
    r"^(?!.*\d{8})[\w.@-]{2,40}$", later(N_("用字母、汉字、数字或 . - _ ，不要用证件号码或电话"))
)


class UserManager(BaseUserManager["User"]):
    """How Django looks a user up by name."""


class User(AbstractBaseUser):
    """Somebody who can sign in. `cadre_id`: the row of the register that is the same person, if any."""

    username = models.CharField(later(N_("用户名")), max_length=40, unique=True, validators=[_NOT_PERSONAL])
    display_name = models.CharField(later(N_("姓名")), max_length=40)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    cadre_id = models.BigIntegerField(null=True, blank=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.display_name or self.username


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    """Questions about grants."""

    def in_force(self, on: date) -> RoleGrantQuerySet:
        """Those that hold on a day."""
        return self.filter(begins_on__lte=on).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))


class RoleGrant(models.Model):
    """A role that somebody holds at a division and below; `ends_on` is the last day (none: open)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    division = models.ForeignKey(Division, models.PROTECT, related_name="grants")
    begins_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "division", "begins_on"], name="grant_once"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")), name="grant_ends_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}@{self.division_id}"

    @property
    def role_name(self) -> str:
        """The role in words."""
        return t(ROLES[Role(self.role)].name)


class SetupCode(models.Model):
    """The code, known by its hash, with which the first administrator is made; one at most."""

    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return "setup code"
