"""Addresses of the register."""

from __future__ import annotations

from django.urls import path

from bangfu.web.registry import views

urlpatterns = [
    path("", views.household_list, name="households"),
    path("<int:household>/", views.household_page, name="household"),
    path("reveal/<slug:table>/<int:row>/<slug:column>/", views.reveal, name="reveal"),
]
