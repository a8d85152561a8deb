"""Tags that every template has without loading them."""

from __future__ import annotations

from django import template
from django.forms import BoundField, CheckboxInput, FileInput, RadioSelect, Select
from django.http import QueryDict
from django.utils.safestring import SafeString

from bangfu.core.messages import Message, format_value
from bangfu.web.pages.text import t as translated

register = template.Library()


@register.simple_tag(name="t")
def t_tag(message: str, **values: object) -> str:
    """`{% t "共 {count} 户" count=total %}`: a sentence of the catalogue, its values shown as people read them."""
    return translated(message, **values)


@register.filter
def shown(value: object) -> str:
    """A value as people read it; nothing for an empty one."""
    if value is None or value == "":
        return ""
    return value.render() if isinstance(value, Message) else format_value(value)


@register.simple_tag(takes_context=True)
def same_page_with(context: template.Context, **changes: object) -> str:
    """The query string of this page with some parameters changed (empty: dropped)."""
    query: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.filter
def control(field: BoundField) -> SafeString:
    """A form's field as the kit styles it."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput | RadioSelect):
        kind = "form-check-input"
    else:
        kind = "form-select" if isinstance(widget, Select) else "form-control"
    if field.errors and not isinstance(widget, FileInput):
        kind += " is-invalid"
    return field.as_widget(attrs={"class": kind})
