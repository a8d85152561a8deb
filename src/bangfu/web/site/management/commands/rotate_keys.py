"""Close everything with a new key; the old one may go once this has ended well."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import Command as CommandActor
from bangfu.web.audit.recording import record
from bangfu.web.keyring import add_key
from bangfu.web.registry.rotation import close_anew


class Command(BaseCommand):
    """bangfu.web rotate_keys."""

    help = "Add a key and close every personal value and the log of changes with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--same-key` closes anew with the newest key there is."""
        parser.add_argument("--same-key", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restart the site afterwards: its processes read the keys when they start."""
        if not options["same_key"]:
            settings.KEYRING = add_key(settings.KEYS_FILE)
        with transaction.atomic():
            count = close_anew()
            details: dict[str, object] = {"key": settings.KEYRING.newest, "values": count}
            record(by=CommandActor("rotate_keys"), kind=EventKind.KEYS_ROTATED, details=details)
        if options["verbosity"]:
            self.stdout.write(f"{count:,}")
