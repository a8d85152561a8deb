"""Check that the audit log and the log of changes are as they were written."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bangfu.core.messages import N_
from bangfu.web.audit.models import Event
from bangfu.web.audit.recording import first_broken
from bangfu.web.pages.text import t
from bangfu.web.registry import log

WHAT = {"missing": N_("缺失"), "exchanged": N_("与前一条不衔接"), "altered": N_("内容被改动")}


class Command(BaseCommand):
    """Names the first link that does not hold."""

    help = "Check the seals of the audit log and of the log of changes."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fails with the number of the first broken link."""
        broken = first_broken()
        if broken is not None:
            raise CommandError(
                t(N_("审计记录第 {number} 条{what}。"), number=broken.number, what=t(WHAT[broken.what]))
            )
        batch = log.first_broken()
        if batch is not None:
            raise CommandError(t(N_("变更日志第 {seq} 批被改动。"), seq=batch))
        count = Event.objects.count()
        self.stdout.write(
            t(N_("审计记录 {count} 条、变更日志 {seq} 批，封印完好。"), count=count, seq=log.last_seq())
        )
