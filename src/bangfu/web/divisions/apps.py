"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class DivisionsConfig(AppConfig):
    """`bangfu.web.divisions`."""

    name = "bangfu.web.divisions"
    label = "divisions"
