"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """`bangfu.web.ledger`."""

    name = "bangfu.web.ledger"
    label = "ledger"
