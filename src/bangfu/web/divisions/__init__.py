"""Administrative divisions: what a role is granted at, and what narrows every list."""
