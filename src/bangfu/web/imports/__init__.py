"""Workbooks into the register through the browser."""
