"""The criteria as a loop over Django models, from an SQLite file that is filled beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_PEOPLE = ("resident_medical", "employee_medical", "doctor_contracted", "labour", "work_months")
_ROWS = [
    "grain_enough",
    "in_dangerous_house",
    "housing_grade",
    "road_distance",
    "housing_area",
    "headcount",
    "in_poverty_system",
]


def judge_all(files: dict[str, Path]) -> dict[str, int]:
    """Failing households by criterion."""
    models = _models(files)
    failing: dict[str, list[int]] = {name: [] for name in _RULES}
    households = models["household"].objects.prefetch_related("persons", "incomes")
    for household in households.iterator(chunk_size=2000):
        for name, rule in _RULES.items():
            if not rule(household):
                failing[name].append(household.pk)
    return {name: len(keys) for name, keys in failing.items()}


def prepare(files: dict[str, Path]) -> None:
    """Fill the database, which an office that works with Django would have already."""
    _models(files)


def _income(household: Any) -> float:
    counted = ("wage", "business", "property", "transfer")
    return sum(i.amount for i in household.incomes.all() if i.source in counted and not i.is_forecast)


_RULES: dict[str, Any] = {
    "B-01": lambda h: h.grain_enough,
    "B-05": lambda h: not h.in_dangerous_house,
    "B-11": lambda h: h.housing_grade in ("A", "B"),
    "B-14": lambda h: h.road_distance <= 10,
    "B-15": lambda h: h.housing_area / h.headcount >= 13,
    "B-16": lambda h: h.in_poverty_system,
    "B-21": lambda h: all(p.resident_medical or p.employee_medical for p in h.persons.all()),
    "B-24": lambda h: all(p.doctor_contracted for p in h.persons.all()),
    "B-26": lambda h: any(p.labour in ("ordinary", "skilled") for p in h.persons.all()),
    "B-32": lambda h: sum(p.work_months >= 6 for p in h.persons.all()) >= 1,
    "B-36": lambda h: _income(h) / h.headcount >= 3700,
    "B-37": lambda h: sum(i.amount for i in h.incomes.all() if i.source == "wage") >= 1000,
}

_made: dict[str, Any] = {}


def _models(files: dict[str, Path]) -> dict[str, Any]:
    if _made:
        return _made
    import django
    from django.conf import settings
    from django.db import connection, models

    database = files["household"].parent / "django.sqlite3"
    settings.configure(
        INSTALLED_APPS=[],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=False,
    )
    django.setup()

    class Household(models.Model):
        grain_enough = models.BooleanField()
        in_dangerous_house = models.BooleanField()
        housing_grade = models.CharField(max_length=10)
        road_distance = models.DecimalField(max_digits=18, decimal_places=2)
        housing_area = models.DecimalField(max_digits=18, decimal_places=2)
        headcount = models.IntegerField()
        in_poverty_system = models.BooleanField()

        class Meta:
            app_label = "bench"

    class Person(models.Model):
        household = models.ForeignKey(Household, models.CASCADE, related_name="persons")
        resident_medical = models.BooleanField()
        employee_medical = models.BooleanField()
        doctor_contracted = models.BooleanField()
        labour = models.CharField(max_length=10)
        work_months = models.IntegerField()

        class Meta:
            app_label = "bench"

    class IncomeItem(models.Model):
        household = models.ForeignKey(Household, models.CASCADE, related_name="incomes")
        source = models.CharField(max_length=10)
        amount = models.DecimalField(max_digits=18, decimal_places=2)
        is_forecast = models.BooleanField()

        class Meta:
            app_label = "bench"

    _made.update(household=Household, person=Person, income_item=IncomeItem)
    if not connection.introspection.table_names():
        _fill(files, connection)
    return _made


def _fill(files: dict[str, Path], connection: Any) -> None:
    import polars as pl

    with connection.schema_editor() as editor:
        for model in _made.values():
            editor.create_model(model)
    columns = {
        "household": _ROWS,
        "person": ["household_id", *_PEOPLE],
        "income_item": ["household_id", "source", "amount", "is_forecast"],
    }
    for table, model in _made.items():
        frame = pl.read_parquet(files[table], columns=[f"{table}_id", *columns[table]])
        rows = [
            model(**{"id": key, **dict(zip(columns[table], row, strict=True))})
            for key, *row in frame.iter_rows()
        ]
        model.objects.bulk_create(rows, batch_size=2000)
