"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """`bangfu.web.runs`."""

    name = "bangfu.web.runs"
    label = "runs"
