"""Logs say what happened and where in the program, never a value: a database quotes rows in its errors."""

from __future__ import annotations

import logging
import traceback


class WithoutValues(logging.Filter):
    """Keeps of an exception its kind and its place."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the words of its exception."""
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, place = record.exc_info
            record.exc_text = "".join(traceback.format_tb(place)) + kind.__name__
            record.exc_info = None
        return True
