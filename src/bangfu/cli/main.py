"""The entry point: the environment is read here, once, and the language chosen before anything speaks."""

from __future__ import annotations

import gettext
import os
import sys
from importlib.resources import files

from bangfu.core.messages import DEFAULT_LANGUAGE, LANGUAGES, set_language

LANGUAGE_VARIABLE = "BANGFU_LANGUAGE"


def main() -> None:
    """Run `bangfu`."""
    language = os.environ.get(LANGUAGE_VARIABLE, DEFAULT_LANGUAGE)
    if language not in LANGUAGES:
        sys.exit(f"{LANGUAGE_VARIABLE}={language}: zh_CN, en")
    set_language(language)
    # The words of the argument parser itself come from the default gettext domain, asked when it is imported.
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain("messages", str(files("bangfu") / "locale"))
    from bangfu.cli.app import run  # after the language is known: help texts are made on import

    run()
