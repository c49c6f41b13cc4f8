"""The four steps as a state machine."""
