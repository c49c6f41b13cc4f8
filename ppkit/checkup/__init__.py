"""The live check of a key."""
