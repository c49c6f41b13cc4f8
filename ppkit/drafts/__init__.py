"""Drafts: kept, found, planned, exported; briefs in a table, written in a batch; models side by side."""
