"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """`bangfu.web.accounts`."""

    name = "bangfu.web.accounts"
    label = "accounts"
