"""A scan from end to end: what to look into, what is accepted, what is reported."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ppkit.keys.scan.byte_streams import ByteStream
from ppkit.keys.scan.file_reader import FileReader, ScanStopped
from ppkit.keys.scan.folder_walk import GIT, OBJECTS, FolderEntry, entries_below, is_object_store
from ppkit.keys.scan.history import (
    NoRepository,
    git_folder,
    history_leaks,
    repository_of,
    staged_leaks,
    submodules,
)
from ppkit.keys.scan.leaks import Leak, Reason, ScanReport, without_a_key

ALLOW_FILE = ".ppkit-scan-allow"


STDIN = Path("-")


def scan(
    paths: Sequence[Path], *, history: bool = False, cancelled: Callable[[], bool] = lambda: False
) -> ScanReport:
    """Every key in these files and below these folders; with `history` also what their git repositories hold.

    The path "-" is what comes in at standard input. `cancelled` is looked at between files: what was found by
    then is reported, the rest unread. Raises NoRepository, GitMissing, GitFailed when there is no history
    to look into.
    """
    reader, passed_over = FileReader(cancelled), list[Path]()
    roots = [_repository(path) for path in paths] if history else []
    found = list(_until_stopped(reader, _everywhere(reader, paths, roots, passed_over)))
    report = _report(found, reader, [*paths, *roots])
    report.passed_over = sorted({path.name for path in passed_over} - {GIT, OBJECTS})
    has_history = _repositories(passed_over) or any((path / GIT).exists() for path in paths)
    report.has_history = not history and bool(has_history)
    return report


def scan_staged(paths: Sequence[Path]) -> ScanReport:
    """Every key that the next commit would bring into the repositories in which these paths lie.

    Raises NoRepository, GitMissing, GitFailed.
    """
    reader, roots = FileReader(), list(dict.fromkeys(map(_repository, paths)))
    found = [leak for root in roots for leak in staged_leaks(reader, root)]
    return _report(found, reader, roots)


def _everywhere(
    reader: FileReader, paths: Sequence[Path], roots: Sequence[Path], passed_over: list[Path]
) -> Iterator[Leak]:
    inside = [path.resolve() for path in paths]
    for path in paths:
        if path == STDIN:
            yield from reader.stream(str(path), _standard_input())
        else:
            yield from _read(reader, entries_below(path, inside), passed_over)
    if roots:
        # Repositories in the folder have a history of their own.
        for root in {found.resolve(): found for found in (*roots, *_repositories(passed_over))}.values():
            yield from _in_repository(reader, root)


def _standard_input() -> ByteStream:
    """Bytes; who put a text in its place (a test, a notebook) is read as well."""
    buffer: ByteStream | None = getattr(sys.stdin, "buffer", None)
    return buffer or io.BytesIO(sys.stdin.read().encode())


def _repositories(passed_over: Iterable[Path]) -> list[Path]:
    return [path.parent for path in passed_over if path.name in (GIT, OBJECTS)]


def _in_repository(reader: FileReader, root: Path) -> Iterator[Leak]:
    """Its commits, and what git keeps beside them: settings, hooks, names of branches, what it remembers."""
    yield from history_leaks(reader, root)
    folder = git_folder(root)
    if folder.resolve() != root.resolve():  # a bare one is a folder like others, and was read as such
        yield from _read(reader, entries_below(folder, [folder.resolve()], is_object_store), [])
    for module in submodules(folder):
        yield from history_leaks(reader, module)


def _read(reader: FileReader, entries: Iterable[FolderEntry], passed_over: list[Path]) -> Iterator[Leak]:
    for entry in entries:
        shown = str(entry.path)
        for name in entry.names:
            yield from reader.name(shown, name)
        if entry.unread:
            reader.not_read(shown, entry.unread)
        elif entry.is_passed_over:
            passed_over.append(entry.path)
        elif entry.is_file:
            yield from reader.file(entry.path)


def _until_stopped(reader: FileReader, leaks: Iterator[Leak]) -> Iterator[Leak]:
    try:
        yield from leaks
    except ScanStopped as stopped:
        reader.not_read(stopped.path, Reason.STOPPED)


def _repository(path: Path) -> Path:
    root = repository_of(path)
    if root is None:
        raise NoRepository(path=without_a_key(str(path)))
    return root


def _report(found: list[Leak], reader: FileReader, folders: Sequence[Path]) -> ScanReport:
    accepted = _accepted({Path(), *(path for path in folders if path.is_dir())})
    told = [leak for leak in found if leak.fingerprint not in accepted]
    return ScanReport(
        [leak for leak in told if not leak.is_example],
        reader.unread,
        accepted=len(found) - len(told),
        examples=[leak for leak in told if leak.is_example],
    )


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
