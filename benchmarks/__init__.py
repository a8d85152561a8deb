"""Measures the engine and the import against a scan of the same columns and against other tools."""
