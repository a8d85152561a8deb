"""The English catalogue holds every message, translated, and the compiled file is fresh."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

from scripts import catalogue

SOURCE = catalogue.SOURCE


def fields(template: str) -> set[str]:
    """The names of the values that a template shows."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def calls_of(name: str, path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]


def test_only_plain_strings_are_marked() -> None:
    def is_plain(call: ast.Call) -> bool:
        match call.args:
            case [ast.Constant(value=str())]:
                return True
        return False

    odd = [
        f"{path.relative_to(SOURCE)}:{call.lineno}"
        for path in SOURCE.rglob("*.py")
        for call in calls_of("N_", path)
        if not is_plain(call)
    ]
    assert odd == [], "an f-string or a variable cannot be collected"


def test_the_template_of_a_message_is_marked() -> None:
    unmarked = [
        f"{path.relative_to(SOURCE)}:{call.lineno}"
        for path in SOURCE.rglob("*.py")
        for call in calls_of("Message", path)
        if call.args and isinstance(call.args[0], (ast.Constant, ast.JoinedStr))
    ]
    assert unmarked == [], 'write Message(N_("…"), …)'


def test_templates_name_their_values() -> None:
    assert [t for t in catalogue.templates() if not all(f.isidentifier() for f in fields(t))] == []


def test_the_catalogue_holds_exactly_the_marked_templates() -> None:
    known = {str(message.id) for message in catalogue.read() if message.id}
    assert known == set(catalogue.templates()), "run `make locale`"


def test_every_message_is_in_english() -> None:
    missing = [str(message.id) for message in catalogue.read() if message.id and not message.string]
    assert missing == []


def test_no_translation_is_in_doubt() -> None:
    assert [str(message.id) for message in catalogue.read() if message.id and message.fuzzy] == []


def test_the_english_shows_the_same_values() -> None:
    differing = [
        str(message.id)
        for message in catalogue.read()
        if message.id and message.string and fields(str(message.id)) != fields(str(message.string))
    ]
    assert differing == []


def test_the_compiled_catalogue_is_fresh() -> None:
    assert catalogue.compiled(catalogue.read()) == catalogue.MO.read_bytes(), "run `make locale`"
