"""Bangfu 帮扶: a work plan for helping poor rural households as running software."""

__version__ = "0.1.0"
