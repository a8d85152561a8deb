"""The site's settings, for tests and for type checking: a folder of their own, cheap passwords, plain static files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_home = Path(tempfile.gettempdir()) / f"bangfu-web-tests-{os.getuid()}"
_home.mkdir(mode=0o700, exist_ok=True)
os.environ["BANGFU_HOME"] = str(_home)

from bangfu.web.site.settings import *  # noqa: E402, F403
from bangfu.web.site.settings import STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
STORAGES = STORAGES | {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
