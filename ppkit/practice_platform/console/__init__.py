"""The web pages of the practice platform."""
