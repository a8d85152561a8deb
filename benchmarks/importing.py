"""A workbook of persons, 40 columns, from file to stored rows: our import and django-import-export's bulk way."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import polars as pl
import xlsxwriter

from bangfu.core.divisions import shipped_divisions
from bangfu.core.register import Batch, Kind, create_register
from bangfu.core.samples.identity import id_numbers, numbered, phone_numbers
from bangfu.core.sheets import Options, plan_import, read_workbook, stage_workbook
from bangfu.core.vocabulary import load_vocabulary
from benchmarks.clocks import Clock, peak_gb

COUNTY, TOWNSHIP, VILLAGE = "532531000000", "大兴镇", "老边村委会"
TODAY = date(2019, 12, 31)
_COLUMNS = [
    "person_code",
    "full_name",
    "gender",
    "id_number",
    "ethnic_group",
    "phone",
    "relation",
    "education",
    "health",
    "labour",
    "work_months",
    "works_abroad",
    "resident_medical",
    "employee_medical",
    "critical_illness",
    "medical_aid_covered",
    "commercial_medical",
    "resident_pension",
    "employee_pension",
    "doctor_contracted",
    "low_income",
    "destitute",
    "orphaned",
    "widowed",
    "speaks_mandarin",
    "in_residence_booklet",
    "in_poverty_system",
    "wants_work",
    "wants_training",
    "employed",
    "taught_at_home",
    "illness_aided",
    "other_health_aid",
    "public_post_months",
    "joined_on",
    "political_status",
]
_PLACE = ("乡镇", "行政村", "户编号", "出生日期")


def write_workbook(path: Path, persons: int) -> None:
    """The official headers in one row, one row a person, four persons a household."""
    vocabulary = load_vocabulary()
    table = vocabulary.tables["person"]
    number = pl.int_range(persons, eager=True)
    frame = pl.DataFrame({"n": number}).with_columns(
        pl.lit(TOWNSHIP).alias("乡镇"),
        pl.lit(VILLAGE).alias("行政村"),
        numbered("99", pl.col("n") // 4, 8).alias("户编号"),
        (pl.lit(date(1940, 1, 1)) + pl.duration(days=pl.col("n") * 37 % 27_000)).alias("birth_date"),
        pl.when(pl.col("n") % 2 == 0).then(pl.lit("male")).otherwise(pl.lit("female")).alias("gender"),
    )
    frame = frame.with_columns(
        id_numbers("990201").alias("id_number"), pl.col("birth_date").dt.strftime("%Y-%m-%d")
    )
    made = {
        "person_code": numbered("98", pl.col("n"), 8),
        "full_name": pl.lit("样例") + pl.col("n").cast(pl.String).str.replace_all(r"\d", "人"),
        "phone": phone_numbers(pl.col("n")),
        "id_number": pl.col("id_number"),
        "joined_on": pl.lit("2014-03-01"),
        "relation": pl.when(pl.col("n") % 4 == 0).then(pl.lit("户主")).otherwise(pl.lit("之子")),
    }
    named = {"乡镇": "乡镇", "行政村": "行政村", "户编号": "户编号", "出生日期": "birth_date"}
    columns = [pl.col(source).alias(name) for name, source in named.items()]
    for index, name in enumerate(_COLUMNS):
        column = table.columns[name]
        if name in made:
            value = made[name]
        elif column.type.value == "bool":
            value = pl.when(pl.col("n") % (index + 2) == 0).then(pl.lit("否")).otherwise(pl.lit("是"))
        elif column.type.value == "int":
            value = pl.col("n") % 12
        else:
            labels = list(vocabulary.codes[column.codes or ""].labels.values())
            value = pl.lit(pl.Series(labels)).gather(
                pl.col("n") % min(len(labels), 3 if name != "gender" else 2)
            )
        columns.append(value.alias(column.name))
    rows = frame.select(columns)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("人口信息")
        sheet.write_row(0, 0, rows.columns)
        for line, row in enumerate(rows.iter_rows(), 1):
            sheet.write_row(line, 0, row)


def import_workbook(workbook: str, scratch: str, who: str) -> dict[str, object]:
    """Import once, by us or by the peer; rows stored and what it took."""
    clock, stored = Clock(), [0]
    work = _ours if who == "ours" else _peer(Path(scratch))

    def once() -> None:
        stored[0] = work(Path(workbook), Path(scratch))

    clock.time(once)
    return {**clock.medians(), "rows": stored[0], "peak_gb": peak_gb()}


def _ours(workbook: Path, scratch: Path) -> int:
    vocabulary, folder = load_vocabulary(), scratch / "register"
    shutil.rmtree(folder, ignore_errors=True)
    register = create_register(folder)
    staged = stage_workbook(read_workbook(workbook), vocabulary, TODAY)
    result = plan_import(register.state(), [staged], shipped_divisions(), vocabulary, Options(within=COUNTY))
    if result.refusals or result.problems.height:
        raise RuntimeError(f"{result.refusals} {result.notes} {result.problems.head()}")
    moment = datetime(2019, 12, 31, tzinfo=timezone(timedelta(hours=8)))
    register.append(result.change_set(Batch("1", Kind.IMPORT, workbook.name, TODAY, moment, "bench", "1")))
    return result.tables["person"].height


def _peer(scratch: Path):  # type: ignore[no-untyped-def]
    import django
    from django.conf import settings
    from django.db import connection, models

    database = scratch / "import.sqlite3"
    database.unlink(missing_ok=True)
    settings.configure(
        INSTALLED_APPS=["import_export"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=False,
    )
    django.setup()
    from import_export import fields, resources, widgets
    from python_calamine import CalamineWorkbook
    from tablib import Dataset

    table = load_vocabulary().tables["person"]
    kinds = {
        "bool": (models.BooleanField, _YesNo),
        "int": (models.IntegerField, widgets.IntegerWidget),
        "date": (models.DateField, widgets.DateWidget),
    }
    titles = dict(zip(("township", "village", "household_code", "birth_date"), _PLACE, strict=True))
    titles |= {name: table.columns[name].name for name in _COLUMNS}
    body, made = {}, {}
    for name, title in titles.items():
        kind = table.columns[name].type.value if name in table.columns else "text"
        field, widget = kinds.get(kind, (models.CharField, widgets.CharWidget))
        extra = {"max_length": 200} if field is models.CharField else {}
        body[name] = field(null=True, **extra)
        made[name] = fields.Field(
            column_name=title, attribute=name, widget=_YesNo() if kind == "bool" else widget()
        )
    body |= {"__module__": "bench", "Meta": type("Meta", (), {"app_label": "bench"})}
    model = type("Person", (models.Model,), body)
    with connection.schema_editor() as editor:
        editor.create_model(model)
    meta = type(
        "Meta",
        (),
        {"model": model, "import_id_fields": ["id_number"], "fields": tuple(made), "use_bulk": True,
         "batch_size": 1000, "skip_diff": True},
    )  # fmt: skip
    resource = type("PersonResource", (resources.ModelResource,), {**made, "Meta": meta})()

    def work(workbook: Path, _scratch: Path) -> int:
        # Its own way through openpyxl is slower: we lend it the reader that we use.
        header, *lines = CalamineWorkbook.from_path(workbook).get_sheet_by_index(0).to_python()
        rows = Dataset(*lines, headers=header)
        result = resource.import_data(rows, raise_errors=True, use_transactions=True)
        assert not result.has_errors()
        return model.objects.count()

    return work


class _YesNo:
    """是/否, in the protocol of the peer's widgets."""

    def clean(self, value: object, row: object = None, **_: object) -> bool | None:
        return {"是": True, "否": False}.get(str(value))

    def render(self, value: object, obj: object = None, **_: object) -> str:
        return "是" if value else "否"
