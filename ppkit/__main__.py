"""`python -m ppkit`: the command line, where the console script is not in the PATH (often on Windows)."""

from ppkit.cli import main

main()
