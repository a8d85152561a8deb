"""The problem ledger: issues from runs, by hand and from superiors, driven to their closure."""
