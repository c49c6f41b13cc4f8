"""What `ppkit start` does: notebooks in place, the practice platform, JupyterLab, and an orderly end."""
