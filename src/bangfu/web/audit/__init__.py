"""Who did what, when: an append-only log whose events seal one another."""
