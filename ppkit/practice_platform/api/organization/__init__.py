"""The admin side of the wire: costs, usage, projects, keys, limits."""
