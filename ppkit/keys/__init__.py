"""Secret keys: understood, kept, redacted."""
