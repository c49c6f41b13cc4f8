"""The files below a folder, and those in which keys usually stay behind."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ppkit.keys.scan.leaks import Reason

PassesOver = Callable[[Path], bool]

GIT, OBJECTS = ".git", "objects"
SKIPPED_FOLDERS = frozenset(
    {GIT, ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"}
)
# Below the home folder: what shells, Python and Jupyter remember, and what is typed into set-up files.
TRACES = (
    ".bash_history", ".zsh_history", ".local/share/fish/fish_history",
    ".local/share/powershell/PSReadLine/ConsoleHost_history.txt",
    "AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt", ".python_history",
    ".sqlite_history", ".ipython", ".jupyter", ".local/share/jupyter/runtime", ".env", ".profile", ".bashrc",
    ".bash_profile", ".zshrc", ".zshenv", ".zprofile", ".config/fish/config.fish", ".netrc", ".gitconfig",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """Something below a folder: a file to read (`unread` is None), or why it is not read.

    `names` are what it is called, and where a link points to. A folder has names only.
    """

    path: Path
    names: tuple[str, ...]
    is_file: bool = False
    unread: Reason | None = None
    is_passed_over: bool = False


def entries_below(
    path: Path, roots: Sequence[Path], passes_over: PassesOver | None = None
) -> Iterator[FolderEntry]:
    """The path itself and everything below it, each with its name. `roots` (resolved) is all that is looked
    into: a link that stays inside of it is read where it points to.
    """
    yield from _entries(path, str(path), roots, passes_over or _is_skipped)


def _entries(path: Path, name: str, roots: Sequence[Path], passes_over: PassesOver) -> Iterator[FolderEntry]:
    mode = _mode(path, follow=True)
    if mode and stat.S_ISDIR(mode):
        yield from _below(path, (name,), roots, passes_over)
    else:
        yield _entry(path, (name,))


def _below(
    folder: Path, names: tuple[str, ...], roots: Sequence[Path], passes_over: PassesOver
) -> Iterator[FolderEntry]:
    try:
        found = sorted(folder.iterdir())
    except OSError:
        yield FolderEntry(folder, names, unread=Reason.UNREADABLE)
        return
    yield FolderEntry(folder, names)
    for inside in found:
        mode = _mode(inside)
        if mode and stat.S_ISLNK(mode):
            yield _link(inside, roots)
        elif not mode or not stat.S_ISDIR(mode):
            yield _entry(inside, (inside.name,))
        elif passes_over(inside):
            yield FolderEntry(inside, (inside.name,), is_passed_over=True)
        else:
            yield from _below(inside, (inside.name,), roots, passes_over)


def _entry(path: Path, names: tuple[str, ...]) -> FolderEntry:
    mode = _mode(path, follow=True)
    if not mode:
        return FolderEntry(path, names, unread=Reason.UNREADABLE)
    if stat.S_ISREG(mode):
        return FolderEntry(path, names, is_file=True)
    return FolderEntry(path, names, unread=Reason.NO_FILE)


def _mode(path: Path, follow: bool = False) -> int:
    """What kind of thing this is; 0 when that cannot be found out."""
    try:
        return path.stat(follow_symlinks=follow).st_mode
    except OSError:
        return 0


def _link(path: Path, roots: Sequence[Path]) -> FolderEntry:
    """Its own text is read. A file outside is read through it, a folder outside is not walked through."""
    try:
        names = (path.name, str(path.readlink()))
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return FolderEntry(path, (path.name, _target(path)), unread=Reason.BROKEN_LINK)
    if any(target.is_relative_to(root) for root in roots) and not _is_in_skipped(target, roots):
        return FolderEntry(path, names)
    return FolderEntry(path, names, unread=Reason.LINK) if target.is_dir() else _entry(path, names)


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _is_skipped(folder: Path) -> bool:
    return folder.name in SKIPPED_FOLDERS or is_object_store(folder)


def is_object_store(folder: Path) -> bool:
    """What git packed: only git reads it."""
    return folder.name == OBJECTS and (folder.parent / "HEAD").exists()


def _is_in_skipped(target: Path, roots: Sequence[Path]) -> bool:
    return any(
        target.is_relative_to(root) and not SKIPPED_FOLDERS.isdisjoint(target.relative_to(root).parts)
        for root in roots
    )


def traces(home: Path) -> list[Path]:
    """Where a key that was typed usually stays behind on this computer."""
    return [path for name in TRACES if (path := home / name).exists()]
