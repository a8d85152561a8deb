"""Plan packs: checked, read by people, put in force for a division by a second person."""
