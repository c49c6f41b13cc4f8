"""The AI Assistant: brief, posts and pictures, the key that pays."""
