"""The first page: my work."""
