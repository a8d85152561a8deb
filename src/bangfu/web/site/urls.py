"""The addresses of the site, app by app."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("bangfu.web.home.urls")),
    path("", include("bangfu.web.accounts.urls")),
    path("households/", include("bangfu.web.registry.urls")),
    path("plans/", include("bangfu.web.plans.urls")),
    path("ledger/", include("bangfu.web.ledger.urls")),
    path("runs/", include("bangfu.web.runs.urls")),
    path("imports/", include("bangfu.web.imports.urls")),
]

handler403 = "bangfu.web.pages.errors.forbidden"
handler404 = "bangfu.web.pages.errors.missing"
handler500 = "bangfu.web.pages.errors.broken"
