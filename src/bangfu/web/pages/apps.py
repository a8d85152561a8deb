"""The look: layout, table, words."""

from __future__ import annotations

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Templates and tags that every page uses."""

    name = "bangfu.web.pages"
    label = "pages"
