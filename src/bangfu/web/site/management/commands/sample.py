"""Fill an empty installation with an invented register and an account for every role, for practice."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bangfu.web.accounts.models import User
from bangfu.web.site.samples import create_accounts, load_sample


class Command(BaseCommand):
    """The sample of one of the five places."""

    help = "Fill an empty installation with an invented register and an account for every role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which place."""
        parser.add_argument("place", nargs="?", default="s4")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say the passwords, once."""
        if User.objects.exists():
            raise CommandError("not empty: there are accounts already")
        rows = load_sample(options["place"])
        self.stdout.write(f"{rows:,} rows")
        for one in create_accounts(options["place"]):
            self.stdout.write(f"{one.role}\t{one.username}\t{one.password}\t{one.division}")
