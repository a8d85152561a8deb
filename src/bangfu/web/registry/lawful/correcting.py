"""The form that corrects what was wrong: the cells of one row that somebody chose, each typed by its column."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import polars as pl
from django import forms
from django.http import Http404, QueryDict
from django.utils import timezone

from bangfu.core.messages import N_
from bangfu.core.register import Batch, ChangeSet, Kind, State, table_schema
from bangfu.core.register.drafts import Draft
from bangfu.core.vocabulary import Column, ColumnType, Sensitivity
from bangfu.web.pages.text import code_label, name_of, t
from bangfu.web.registry.lawful.forms import HEAD, ChangeForm, Home, codes_of_list, day_field, identity_read
from bangfu.web.registry.presenting import text_of
from bangfu.web.registry.rows import VOCABULARY, is_sealed, rows
from bangfu.web.registry.story import TOLD

# Where a household stands is changed by moves that a second person approves; so are their corrections.
GUARDED = frozenset(
    {
        "household_status",
        "household_type",
        "identified_on",
        "identification_standard",
        "exit_year",
        "exited_on",
        "rolled_back_on",
        "returned_on",
        "removed_on",
    }
)
_OF_HEAD = {"full_name": "head_name", "id_number": "head_id_number"}
_ID_NUMBERS = frozenset({"id_number", "head_id_number"})
_LOOKS_LIKE_ID = re.compile(r"[0-9Xx]{15,22}")


def row_of(home: Home, table: str, row: int) -> Any:
    """A row of the household. Raises Http404 for tables that its page does not show, and others' rows."""
    if table not in TOLD:
        raise Http404
    path = {"pk": row} if table == "household" else {"pk": row, "household_id": home.key}
    found = rows(table).filter(**path).first()
    if found is None or (table == "household" and row != home.key):
        raise Http404
    return found


def correctable(home: Home, table: str, row: Any) -> list[Column]:
    """The columns of a row that somebody may correct here."""
    left_out = set()
    if table == "person" and row.relation == HEAD:
        left_out = {"relation"}  # that is a change of head
    if table == "household" and any(one.relation == HEAD for one in home.members()):
        left_out = set(_OF_HEAD.values())  # these follow the head's own row
    columns = VOCABULARY.tables[table].columns.values()
    hidden = set() if home.sees else {c.id for c in columns if c.sensitivity is Sensitivity.SENSITIVE}
    return [one for one in columns if one.id not in left_out | hidden]


class CorrectionForm(ChangeForm):
    """Cells of a row that were wrong. What is sent names the table, the row and the columns as well."""

    kind = Kind.CORRECTION
    slug = "correction"
    title = N_("更正")
    advice = N_("只改记错的。情况本身变了（去世、分户、脱贫等），请办对应的变更。")

    effective_on = day_field(N_("从哪一天起是这样"))
    reason = forms.CharField(max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, home: Home, data: QueryDict | None, table: str, row: Any, columns: list[str]) -> None:
        self.table, self.row = VOCABULARY.tables[table], row
        wanted = [one for one in correctable(home, table, row) if one.id in columns]
        if not wanted:
            raise Http404
        self.columns = wanted
        super().__init__(home, data)

    def prepare(self) -> None:
        """A field for every chosen column, with the present value in it."""
        for column in self.columns:
            self.fields[column.id] = self._field(column)
            if self._is_closed(column):
                self.fields[f"clear_{column.id}"] = forms.BooleanField(
                    label=t(N_("清空“{name}”"), name=name_of(column)), required=False
                )
        day = self.fields["effective_on"]
        day.initial = timezone.localdate
        day.help_text = t(N_("从一开始就记错的，写当初登记的日期。"))
        self.needs_second = self.table.id == "household" and any(one.id in GUARDED for one in self.columns)
        reason = self.fields["reason"]
        reason.label = t(N_("依据和理由"))
        reason.required = self.needs_second
        if not self.needs_second:
            del self.fields["reason"]
        first = [name for name in self.fields if name not in ("effective_on", "reason")]
        self.order_fields([*first, "effective_on", "reason"])

    def _is_closed(self, column: Column) -> bool:
        return is_sealed(column) and getattr(self.row, column.id) is not None

    def _field(self, column: Column) -> forms.Field:
        value = getattr(self.row, column.id)
        said: dict[str, Any] = {"label": name_of(column), "required": False}
        if column.unit:
            said["label"] = t(N_("{name}（{unit}）"), name=name_of(column), unit=t(column.unit))
        if self._is_closed(column):
            said["help_text"] = t(N_("现在是 {value}；留空表示不改。"), value=text_of(column, value))
            return forms.CharField(max_length=200, **said)
        said["initial"] = value
        return _typed(column, value, said)

    def clean(self) -> dict[str, Any]:
        """Something is different; an ID number is right."""
        said: dict[str, Any] = super().clean() or {}
        for name in _ID_NUMBERS & {one.id for one in self.columns}:
            text = (said.get(name) or "").strip().upper()
            if _LOOKS_LIKE_ID.fullmatch(text) and identity_read(text)[0] is None:
                self.add_error(name, t(N_("证件号码不对：位数、校验位或出生日期有误。请对照证件核对。")))
        self.changed, self.cleared = self._differences(said)
        if not self.errors and not self.changed and not self.cleared:
            raise forms.ValidationError(t(N_("没有改动任何一项。")))
        return said

    def _differences(self, said: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        changed: dict[str, Any] = {}
        cleared: list[str] = []
        for column in self.columns:
            value = _stored(column, said.get(column.id))
            old = getattr(self.row, column.id)
            if self._is_closed(column):
                if said.get(f"clear_{column.id}"):
                    cleared.append(column.id)
                elif value is not None and value != old.reveal():
                    changed[column.id] = value
            elif value is None and old is not None:
                cleared.append(column.id)
            elif value is not None and value != old:
                changed[column.id] = value
        return changed, cleared

    def draw(self, state: State, batch: Batch) -> ChangeSet:
        """A correction; a head's name and number are corrected on the household as well."""
        draft = Draft(state, VOCABULARY)
        changed, cleared = dict(self.changed), list(self.cleared)
        if self.table.id == "person" and "id_number" in changed:
            changed["id_valid"] = identity_read(changed["id_number"])[0] is not None
        _set(draft, self.table.id, self.row.pk, changed, cleared)
        if self.table.id == "person" and self.row.relation == HEAD:
            follows = {_OF_HEAD[name]: value for name, value in changed.items() if name in _OF_HEAD}
            emptied = [_OF_HEAD[name] for name in cleared if name in _OF_HEAD]
            if follows or emptied:
                _set(draft, "household", self.home.key, follows, emptied)
        return draft.finish(batch, Kind.CORRECTION)


def _set(draft: Draft, table: str, key: int, values: dict[str, Any], cleared: list[str]) -> None:
    schema = table_schema(VOCABULARY.tables[table])
    said = {VOCABULARY.tables[table].key: key, **values}
    frame = pl.DataFrame({name: [value] for name, value in said.items()}, schema={n: schema[n] for n in said})
    draft.update(table, frame, cleared)


def _typed(column: Column, value: Any, said: dict[str, Any]) -> forms.Field:
    """The field that a column's type asks for."""
    limits: dict[str, Any] = {"min_value": column.minimum, "max_value": column.maximum}
    match column.type:
        case ColumnType.INT:
            whole: dict[str, Any] = {
                name: None if limit is None else int(limit) for name, limit in limits.items()
            }
            return forms.IntegerField(**whole, **said)
        case ColumnType.DECIMAL:
            return forms.DecimalField(max_digits=18, decimal_places=2, **limits, **said)
        case ColumnType.DATE:
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(widget=widget, **said)
        case ColumnType.BOOL:
            said["initial"] = "" if value is None else str(int(value))
            choices = [("", t(N_("不清楚"))), ("1", t(N_("是"))), ("0", t(N_("否")))]
            return forms.ChoiceField(choices=choices, **said)
        case ColumnType.CODE:
            without = [HEAD] if column.codes == "relation" else []
            choices = codes_of_list(column.codes or "", without)
            return forms.ChoiceField(choices=[("", t(N_("不清楚"))), *choices[1:]], **said)
        case ColumnType.CODES:
            said["initial"] = value.split(",") if value else []
            codes = VOCABULARY.code_list(column)
            labels = [(code, code_label(codes, code)) for code in codes.labels]
            return forms.MultipleChoiceField(choices=labels, widget=forms.CheckboxSelectMultiple, **said)
    return forms.CharField(max_length=200, **said)


def _stored(column: Column, value: Any) -> Any:
    """A cleaned value as the register holds it; None for none."""
    if value in (None, "", []):
        return None
    match column.type:
        case ColumnType.BOOL:
            return value == "1"
        case ColumnType.CODES:
            return ",".join(sorted(value))
        case ColumnType.DECIMAL:
            return Decimal(value).quantize(Decimal("0.01"))
        case ColumnType.TEXT:
            text = str(value).strip()
            return text.upper() if column.id in _ID_NUMBERS else text
    return value
