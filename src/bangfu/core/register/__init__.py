"""The register: an append-only log of typed changes, and the tables that they fold into."""
