"""Addresses of accounts."""

from __future__ import annotations

from allauth.account import views as account_views
from allauth.mfa.base import views as mfa_views
from django.urls import include, path

from bangfu.web.accounts import auditing, people, views

urlpatterns = [
    path("setup/", views.setup, name="setup"),
    path("language/", views.language, name="language"),
    path("people/", people.people_list, name="people"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/workbook/", people.people_workbook, name="people_workbook"),
    path("people/<int:user>/", people.person, name="person"),
    path("people/<int:user>/grant/", people.person_grant, name="person_grant"),
    path("people/<int:user>/act/", people.person_act, name="person_act"),
    path("audit/", auditing.audit, name="audit"),
    path("audit/verify/", auditing.audit_verify, name="audit_verify"),
    path("account/", views.account, name="account"),
    path("account/login/", account_views.login, name="account_login"),
    path("account/logout/", account_views.logout, name="account_logout"),
    path("account/inactive/", account_views.account_inactive, name="account_inactive"),
    path("account/reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("account/password/", account_views.password_change, name="account_change_password"),
    path("account/2fa/", mfa_views.index, name="mfa_index"),
    path("account/2fa/authenticate/", mfa_views.authenticate, name="mfa_authenticate"),
    path("account/2fa/reauthenticate/", mfa_views.reauthenticate, name="mfa_reauthenticate"),
    path("account/2fa/totp/", include("allauth.mfa.totp.urls")),
    path("account/2fa/recovery-codes/", include("allauth.mfa.recovery_codes.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
]
