"""Addresses of the register."""

from __future__ import annotations

from django.urls import path

from bangfu.web.registry import views
from bangfu.web.registry.lawful import views as lawful

urlpatterns = [
    path("", views.household_list, name="households"),
    path("<int:household>/", views.household_page, name="household"),
    path("<int:household>/history/", lawful.household_history, name="household_history"),
    path("<int:household>/on/", lawful.household_on, name="household_on"),
    path("<int:household>/change/<slug:change>/", lawful.household_change, name="household_change"),
    path(
        "<int:household>/correct/<slug:table>/<int:row>/", lawful.household_correct, name="household_correct"
    ),
    path("<int:household>/undo/<int:seq>/", lawful.change_undo, name="change_undo"),
    path("requests/", lawful.request_list, name="change_requests"),
    path("requests/<int:asked>/", lawful.change_request, name="change_request"),
    path("requests/<int:asked>/decide/", lawful.request_decide, name="request_decide"),
    path("reveal/<slug:table>/<int:row>/<slug:column>/", views.reveal, name="reveal"),
]
