"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """`bangfu.web.imports`."""

    name = "bangfu.web.imports"
    label = "imports"
