"""Workbooks in and out: reading, cleaning, planning an import, marking the user's own file, writing."""
