"""Addresses of imports."""

from __future__ import annotations

from django.urls import path

from bangfu.web.imports import views

urlpatterns = [
    path("", views.import_list, name="imports"),
    path("new/", views.import_new, name="import_new"),
    path("<int:batch>/", views.import_page, name="import"),
    path("<int:batch>/check/", views.check, name="import_check"),
    path("<int:batch>/commit/", views.commit, name="import_commit"),
    path("<int:batch>/undo/", views.undo, name="import_undo"),
    path("<int:batch>/discard/", views.discard, name="import_discard"),
    path("<int:batch>/files/<int:file>/", views.import_file, name="import_file"),
]
