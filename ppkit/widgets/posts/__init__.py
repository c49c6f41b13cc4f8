"""The drafts: found, planned, edited, exported, written many at once, compared."""
