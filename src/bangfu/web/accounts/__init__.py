"""People, the roles they hold at divisions, and the doors of the site."""
