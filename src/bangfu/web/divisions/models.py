"""Divisions in force, as the core reads them, with the path that makes a subtree one range."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class DivisionQuerySet(models.QuerySet["Division"]):
    """Questions about divisions."""

    def below(self, codes: list[str]) -> DivisionQuerySet:
        """These divisions and everything below them; none for no code."""
        tops = list(self.filter(code__in=codes).values_list("path", flat=True))
        within = Q()
        for path in tops:
            within |= Q(path__startswith=path)
        return self.filter(within) if tops else self.none()


class Division(models.Model):
    """One place. `path` is the codes from the top down to it, each followed by a slash."""

    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=120)
    level = models.SmallIntegerField()
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=13 * 6, unique=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    objects = DivisionQuerySet.as_manager()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def holds(self, other: Division) -> bool:
        """Whether the other one is this or lies in it."""
        return other.path.startswith(self.path)
