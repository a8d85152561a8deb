"""Fill an installation with the tests' small register: run as a program, beside a site that is served for real."""

from __future__ import annotations

import django

if __name__ == "__main__":
    django.setup()
    from tests.web import world

    world.build()
