"""Addresses of plans."""

from __future__ import annotations

from django.urls import path

from bangfu.web.plans import views

urlpatterns = [
    path("", views.plan_list, name="plans"),
    path("upload/", views.plan_upload, name="plan_upload"),
    path("<int:pack>/", views.plan_page, name="plan"),
    path("<int:pack>/propose/", views.propose, name="plan_propose"),
    path("<int:pack>/compare/<int:other>/", views.plan_compare, name="plan_compare"),
    path("enactments/<int:enactment>/approve/", views.approve, name="enactment_approve"),
    path("enactments/<int:enactment>/return/", views.send_back, name="enactment_return"),
    path("enactments/<int:enactment>/withdraw/", views.withdraw, name="enactment_withdraw"),
    path("enactments/<int:enactment>/end/", views.end, name="enactment_end"),
]
