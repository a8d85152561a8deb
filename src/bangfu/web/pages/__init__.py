"""The look of every page: layout, words, the one table, errors. Knows no app."""
