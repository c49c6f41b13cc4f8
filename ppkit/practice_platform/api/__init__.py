"""The wire: OpenAI's HTTP API."""
