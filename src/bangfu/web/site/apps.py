"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """`bangfu.web.site`."""

    name = "bangfu.web.site"
    label = "site"
