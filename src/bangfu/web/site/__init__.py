"""Settings, addresses and commands: the edge that knows every app."""
