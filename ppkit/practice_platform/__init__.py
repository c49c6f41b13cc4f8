"""The practice platform: a pretend OpenAI to rehearse on."""
