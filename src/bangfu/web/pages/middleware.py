"""What every answer carries: headers that keep strangers out, and one language from top to bottom."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from bangfu.core.errors import UserError
from bangfu.core.messages import set_language
from bangfu.web.pages.errors import refused

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",  # the kit's own drawings, and the QR code of the second factor
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class SecureHeaders:
    """Nothing from outside, nothing inline, nothing kept by a browser or a proxy."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        return response


CORE_LANGUAGES = {"zh-hans": "zh_CN", "en": "en"}  # Django's name → the core's


class Language:
    """Chinese unless the person chose otherwise, for Django, allauth and the core alike."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in CORE_LANGUAGES else settings.LANGUAGE_CODE
        set_language(CORE_LANGUAGES[language])
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class PeoplesErrors:
    """A mistake that a person can mend becomes a page that says how, not an error of the server."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page of a UserError; anything else is a bug and goes on."""
        return refused(request, exception) if isinstance(exception, UserError) else None
