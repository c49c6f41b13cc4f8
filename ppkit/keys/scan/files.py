"""The files below a folder, and those in which keys usually stay behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

SKIPPED_FOLDERS = frozenset(
    {".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"}
)
# Below the home folder: what shells, Python and Jupyter remember, and what is typed into set-up files.
TRACES = (
    ".bash_history",
    ".zsh_history",
    ".local/share/fish/fish_history",
    ".local/share/powershell/PSReadLine/ConsoleHost_history.txt",
    "AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt",
    ".python_history",
    ".sqlite_history",
    ".ipython",
    ".jupyter",
    ".local/share/jupyter/runtime",
    ".env",
    ".profile",
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".config/fish/config.fish",
    ".netrc",
    ".gitconfig",
)


def files_below(path: Path, on_unread: Callable[[Path], None]) -> Iterator[Path]:
    """The file itself, or all files in the folder; pipes, sockets and devices hold nothing."""
    if path.is_file():
        yield path
    if not path.is_dir():
        return
    try:
        found = sorted(path.iterdir())
    except OSError:
        on_unread(path)
        return
    for inside in found:
        if not (inside.is_symlink() or (inside.is_dir() and inside.name in SKIPPED_FOLDERS)):
            yield from files_below(inside, on_unread)


def traces(home: Path) -> list[Path]:
    """Where a key that was typed usually stays behind on this computer."""
    return [path for name in TRACES if (path := home / name).exists()]
