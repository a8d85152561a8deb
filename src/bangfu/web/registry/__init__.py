"""The register on the database: the log of changes, the current rows, the pages of households."""
