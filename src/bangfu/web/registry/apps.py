"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """`bangfu.web.registry`."""

    name = "bangfu.web.registry"
    label = "registry"
