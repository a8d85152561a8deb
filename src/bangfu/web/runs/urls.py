"""Addresses of runs."""

from __future__ import annotations

from django.urls import path

from bangfu.web.runs import households, views

urlpatterns = [
    path("", views.run_list, name="runs"),
    path("new/", views.run_new, name="run_new"),
    path("<int:run>/", views.run_page, name="run"),
    path("<int:run>/progress/", views.run_progress, name="run_progress"),
    path("<int:run>/cancel/", views.cancel, name="run_cancel"),
    path("<int:run>/compared/", views.run_compared, name="run_compared"),
    path("<int:run>/criteria/<slug:criterion>/", views.run_criterion, name="run_criterion"),
    path("<int:run>/of/<slug:subject>/<int:row>/", views.run_subject, name="run_subject"),
    path("households/<int:household>/", households.household_standards, name="household_standards"),
    path("households/<int:household>/judge/", households.household_judge, name="household_judge"),
]
