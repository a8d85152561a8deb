"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """`bangfu.web.plans`."""

    name = "bangfu.web.plans"
    label = "plans"
