"""From checked nodes to SQL in DuckDB's dialect; builders return text and run nothing."""
