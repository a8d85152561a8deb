"""Addresses of the ledger."""

from __future__ import annotations

from django.urls import path

from bangfu.web.ledger import exchange, views

urlpatterns = [
    path("", views.issue_list, name="issues"),
    path("new/", views.issue_new, name="issue_new"),
    path("questions/", views.question_list, name="issue_questions"),
    path("steps/", views.step_list, name="issue_steps"),
    path("steps/<int:step>/undo/", views.step_undo, name="issue_step_undo"),
    path("bulk/", views.bulk_act, name="issues_bulk"),
    path("runs/", exchange.intake_list, name="issue_intakes"),
    path("runs/take/", exchange.intake_ask, name="issue_intake_ask"),
    path("export/", exchange.export, name="issues_export"),
    path("files/new/", exchange.file_new, name="issue_file_new"),
    path("files/<int:file>/", exchange.file_page, name="issue_file"),
    path("files/<int:file>/commit/", exchange.file_commit, name="issue_file_commit"),
    path("files/<int:file>/discard/", exchange.file_discard, name="issue_file_discard"),
    path("<int:issue>/", views.issue_page, name="issue"),
    path("<int:issue>/<slug:move>/", views.issue_act, name="issue_act"),
    path("<int:issue>/evidence/<int:piece>/", views.evidence, name="issue_evidence"),
    path("<int:issue>/evidence/<int:piece>/small/", views.evidence_small, name="issue_evidence_small"),
]
