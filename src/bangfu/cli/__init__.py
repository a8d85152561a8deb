"""The command line: parses arguments, calls core, prints."""
