"""Serve the site: brings the database up to date, gathers the static files, says where to go."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from gunicorn.app.base import BaseApplication

from bangfu.core.divisions import load_divisions, shipped_divisions
from bangfu.core.messages import N_
from bangfu.web.accounts.actions import new_setup_code
from bangfu.web.audit.recording import Command as CommandActor
from bangfu.web.divisions.loading import load_table
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import t
from bangfu.web.plans.actions import know_packaged
from bangfu.web.site.working import KeptWorker


class Site(BaseApplication):  # type: ignore[misc]
    """gunicorn with what we tell it instead of a file."""

    def __init__(self, options: dict[str, object]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """What we tell it."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The site."""
        from bangfu.web.site.wsgi import application

        return application


def _empty(folder: Path) -> None:
    """Remove what a site that was killed left behind."""
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


class Command(BaseCommand):
    """bangfu serve."""

    help = "Serve the site until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, and with how many hands."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument("--threads", type=int, default=4)
        parser.add_argument("--divisions", default="")
        parser.add_argument("--no-worker", action="store_true")  # where one runs as a service of its own
        parser.add_argument("--prepare-only", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, then serve."""
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if options["divisions"] or not Division.objects.exists():
            table = load_divisions(options["divisions"]) if options["divisions"] else shipped_divisions()
            load_table(by=CommandActor("serve"), divisions=table)
        _empty(settings.FILE_UPLOAD_TEMP_DIR)
        know_packaged(by=CommandActor("serve"))
        if options["prepare_only"]:
            return
        address = f"http://{options['host']}:{options['port']}/"
        code = new_setup_code()
        if code:
            self.stdout.write(
                t(N_("还没有账号。请打开 {address}setup/ ，安装码：{code}"), address=address, code=code)
            )
        self.stdout.write(t(N_("帮扶已启动：{address}（按 Ctrl-C 停止）"), address=address))
        self.stdout.flush()
        options_of_site: dict[str, object] = {
            "bind": f"{options['host']}:{options['port']}",
            "workers": options["workers"],
            "threads": options["threads"],
            "worker_class": "gthread",
            "worker_tmp_dir": None,
            "loglevel": "warning",
            "timeout": 120,
            "proc_name": "bangfu",
            "forwarded_allow_ips": "127.0.0.1" if settings.IS_HTTPS else "",
        }
        if options["no_worker"]:
            Site(options_of_site).run()
        with KeptWorker():
            Site(options_of_site).run()
