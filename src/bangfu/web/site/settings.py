"""Django's settings. The environment is read here, once, and nowhere else.

BANGFU_HOME       folder of keys, database, files       (default ~/.local/share/bangfu)
BANGFU_DATABASE   postgresql://user:password@host/name, or nothing for SQLite in the folder
BANGFU_HOSTS      names under which the site is called, separated by commas
BANGFU_HTTPS      1 where a proxy in front speaks HTTPS
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bangfu.core.messages import N_
from bangfu.web.keyring import create_keyring, load_keyring
from bangfu.web.site.database import database_settings

HOME = Path(os.environ.get("BANGFU_HOME") or Path.home() / ".local" / "share" / "bangfu")
HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
KEYS_FILE = HOME / "keys.json"
KEYRING = load_keyring(KEYS_FILE) if KEYS_FILE.exists() else create_keyring(KEYS_FILE)
SECRET_KEY = KEYRING.site_key
DEBUG = False
ALLOWED_HOSTS = (os.environ.get("BANGFU_HOSTS") or "localhost,127.0.0.1,[::1]").split(",")
IS_HTTPS = os.environ.get("BANGFU_HTTPS") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "bangfu.web.pages",  # before allauth: our templates win
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "bangfu.web.audit",
    "bangfu.web.divisions",
    "bangfu.web.accounts",
    "bangfu.web.registry",
    "bangfu.web.plans",
    "bangfu.web.runs",
    "django_tasks",
    "django_tasks_db",
    "bangfu.web.imports",
    "bangfu.web.ledger",
    "bangfu.web.home",
    "bangfu.web.site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bangfu.web.pages.middleware.SecureHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bangfu.web.pages.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bangfu.web.accounts.middleware.Doors",
    "bangfu.web.pages.middleware.PeoplesErrors",
]
ROOT_URLCONF = "bangfu.web.site.urls"
WSGI_APPLICATION = "bangfu.web.site.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["bangfu.web.pages.templatetags.pages", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bangfu.web.accounts.navigation.navigation",
            ],
        },
    }
]

DATABASES = {"default": database_settings(os.environ.get("BANGFU_DATABASE", ""), HOME)}
# Rows of the same database: asked for in the transaction of what asks, kept until a worker takes them.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "site_cache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 10}  # type: ignore[assignment]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "bangfu.web.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Bangfu"
USERSESSIONS_TRACK_ACTIVITY = False  # it would write to the database with every page

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "bangfu_language"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
DATE_FORMAT = "Y-m-d"
SITE_NAME = N_("帮扶")

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [Path(__file__).resolve().parent.parent / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": HOME / "files"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
# Workbooks in clear while they are read; emptied when the site starts.
FILE_UPLOAD_TEMP_DIR = HOME / "passing"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True, mode=0o700)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

SESSION_COOKIE_AGE = 12 * 3600  # a working day
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
CSRF_FAILURE_VIEW = "bangfu.web.pages.errors.forged"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"no_values": {"()": "bangfu.web.pages.logs.WithoutValues"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_values"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.server": {"handlers": ["console"], "propagate": False}},
}
