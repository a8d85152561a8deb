"""Django's registration of the app."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """`bangfu.web.audit`."""

    name = "bangfu.web.audit"
    label = "audit"
