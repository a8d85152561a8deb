"""What leaves the house: the findings ledger, the summary page, data files. Names pass one gate."""

from bangfu.core.documents.exporting import export_run

__all__ = ["export_run"]
