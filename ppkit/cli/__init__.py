"""The command line. Each command group is a module of its own, imported when it is called."""

from ppkit.cli.main import main

__all__ = ["main"]
