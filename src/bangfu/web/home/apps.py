"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """`bangfu.web.home`."""

    name = "bangfu.web.home"
    label = "home"
