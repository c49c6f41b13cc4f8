"""The windows in the notebook."""
