"""Makes any openai client metered."""
