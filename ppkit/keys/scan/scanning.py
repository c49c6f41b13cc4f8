"""A scan from end to end: what to look into, what is accepted, what is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ppkit.keys.scan.documents import Reader, Stopped
from ppkit.keys.scan.files import files_below
from ppkit.keys.scan.history import NoRepository, history_leaks, repository_of, staged_leaks
from ppkit.keys.scan.leaks import Leak, Reason, Report, Unread

ALLOW_FILE = ".ppkit-scan-allow"


def scan(
    paths: Sequence[Path], *, history: bool = False, cancelled: Callable[[], bool] = lambda: False
) -> Report:
    """Every key in these files and below these folders; with `history` also what their git repositories hold.

    `cancelled` is looked at between files: what was found by then is told, and the rest is unread. Raises
    NoRepository, GitMissing, GitFailed when there is no history to look into.
    """
    reader = Reader(cancelled)
    roots = [_repository(path) for path in paths] if history else []
    found = list(_until_stopped(reader, _everywhere(reader, paths, roots)))
    report = _report(found, reader, [*paths, *roots])
    report.has_history = not history and any((path / ".git").exists() for path in paths)
    return report


def scan_staged(paths: Sequence[Path]) -> Report:
    """Every key that the next commit would bring into the repositories in which these paths lie.

    Raises NoRepository, GitMissing, GitFailed.
    """
    reader, roots = Reader(), list(dict.fromkeys(map(_repository, paths)))
    found = [leak for root in roots for leak in staged_leaks(reader, root)]
    return _report(found, reader, roots)


def _everywhere(reader: Reader, paths: Iterable[Path], roots: Iterable[Path]) -> Iterator[Leak]:
    yield from _in_files(reader, paths)
    for root in dict.fromkeys(roots):
        yield from history_leaks(reader, root)


def _until_stopped(reader: Reader, leaks: Iterator[Leak]) -> Iterator[Leak]:
    try:
        yield from leaks
    except Stopped as stopped:
        reader.unread.append(Unread(stopped.path, Reason.STOPPED))


def _in_files(reader: Reader, paths: Iterable[Path]) -> Iterator[Leak]:
    def unread(folder: Path) -> None:
        reader.unread.append(Unread(str(folder), Reason.UNREADABLE))

    for path in paths:
        for file in files_below(path, unread):
            yield from reader.file(file)


def _repository(path: Path) -> Path:
    root = repository_of(path)
    if root is None:
        raise NoRepository(path=str(path))
    return root


def _report(found: list[Leak], reader: Reader, folders: Sequence[Path]) -> Report:
    accepted = _accepted({Path(), *(path for path in folders if path.is_dir())})
    leaks = [leak for leak in found if leak.fingerprint not in accepted]
    return Report(leaks, reader.unread, accepted=len(found) - len(leaks))


def _accepted(folders: Iterable[Path]) -> set[str]:
    """Fingerprints of keys that somebody looked at and accepted: one a line, with a reason after "#"."""
    known: set[str] = set()
    for folder in folders:
        try:
            lines = (folder / ALLOW_FILE).read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        known.update(line.partition("#")[0].strip() for line in lines)
    return known
