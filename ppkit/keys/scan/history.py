"""Keys in a git repository: what is staged, and everything that its history still holds.

git itself reads the repository, two processes without a shell; one version of a file is held at a time.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ppkit.errors import PpkitError
from ppkit.keys.redaction import redact
from ppkit.keys.scan.file_reader import FileReader
from ppkit.keys.scan.folder_walk import OBJECTS
from ppkit.keys.scan.leaks import Leak, LeakPlace, PlaceUnit, Reason, without_a_key

REGULAR_FILES = (b"100644", b"100755", b"120000")  # also links: their text is a path; no submodules
# A repository may be somebody else's: nothing in its settings is run, nothing is fetched.
OPTIONS = ("--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "log.showRoot=true")
RAW = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules")
COMMIT = b"\x01"  # begins the line of a commit; no path and no id does
SHORT_ID = 10
MESSAGE, PEOPLE = LeakPlace(PlaceUnit.MESSAGE), LeakPlace(PlaceUnit.PEOPLE)


class NoRepository(PpkitError):
    """The folder is in no git repository. Facts: path."""

    code = "no_repository"


class GitMissing(PpkitError):
    """git is not installed."""

    code = "git_missing"


class GitFailed(PpkitError):
    """git could not read the repository. Facts: path, reason (git's own words)."""

    code = "git_failed"


def repository_of(path: Path) -> Path | None:
    """The root of the repository that this path lies in (its own folder for a bare one), or None.

    Raises GitMissing.
    """
    folder = path if path.is_dir() else path.parent
    asked = _git(folder, "rev-parse", "--show-toplevel")
    if asked.returncode:
        asked = _git(folder, "rev-parse", "--absolute-git-dir")
    return Path(os.fsdecode(asked.stdout.rstrip(b"\r\n"))) if asked.returncode == 0 else None


def staged_leaks(reader: FileReader, root: Path) -> Iterator[Leak]:
    """Every key in what the next commit would bring in: as it is staged, not as it lies in the folder.

    Raises GitMissing, GitFailed.
    """
    with _running(root, "diff", "--cached", "--diff-filter=ACMRT", *RAW) as told:
        yield from _in_versions(reader, root, _split(told), set())


def history_leaks(reader: FileReader, root: Path) -> Iterator[Leak]:
    """Every key in any commit of any branch, tag or stash, also in what was amended or deleted since.

    Each version of a file is read once and reported with the first commit that brought it in; so are names of
    files, messages, authors and committers. What no commit holds any more (staged once, then taken back) is
    read as well. Raises GitMissing, GitFailed.
    """
    seen = set[bytes]()
    log = (
        "log",
        "--all",
        "--reflog",
        "--reverse",
        "--diff-merges=first-parent",
        f"--format={_COMMIT_FORMAT}",
    )
    with _running(root, *log, *RAW) as told:
        yield from _in_versions(reader, root, _split(told), seen)
    for place, told_of_tags in ((MESSAGE, "%(contents)"), (PEOPLE, "%(taggername) %(taggeremail)")):
        tags = _git(root, "for-each-ref", f"--format={told_of_tags}", "refs/tags").stdout
        yield from reader.name("refs/tags", _latin(tags), place)
    for name in _latin(_git(root, "for-each-ref", "--format=%(refname)").stdout).splitlines():
        yield from reader.name(name, name)
    remembered = _git(root, "log", "--walk-reflogs", "--all", "--format=%gs%n%gn <%ge>").stdout
    yield from reader.name("reflog", _latin(remembered), MESSAGE)
    yield from _of_no_commit(reader, root, seen)


_COMMIT_FORMAT = "%x01%H%n%an <%ae>%n%cn <%ce>%x02%n%B"
_END_OF_PEOPLE = b"\x02"


def git_folder(root: Path) -> Path:
    """Where git keeps what belongs to all work trees of a repository. Raises GitMissing."""
    told = _git(root, "rev-parse", "--git-common-dir").stdout
    return root / os.fsdecode(told.rstrip(b"\r\n"))


def submodules(folder: Path) -> Iterator[Path]:
    """The repositories that lie in the folder of another."""
    modules = folder / "modules"
    for head in sorted(modules.rglob("HEAD")) if modules.is_dir() else ():
        if (head.parent / OBJECTS).is_dir():
            yield head.parent


def _of_no_commit(reader: FileReader, root: Path, seen: set[bytes]) -> Iterator[Leak]:
    """Files that git holds and that no commit of a branch, tag or stash names."""
    listed = ("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
    with _running(root, *listed) as told, _running(root, "cat-file", "--batch", typed=True) as blobs:
        for line in told.stdout or ():
            blob, _, kind = line.strip().partition(b" ")
            if kind == b"blob" and blob not in seen:
                yield from _in_blob(reader, blobs, blob, f"blob {blob.decode()[:SHORT_ID]}")


def _in_blob(reader: FileReader, blobs: subprocess.Popen[bytes], blob: bytes, path: str) -> Iterator[Leak]:
    content = _Blob(blobs, blob)
    if not content.is_there:
        reader.not_read(path, Reason.UNREADABLE)
    yield from reader.stream(path, content)
    content.drain()


def _latin(text: bytes) -> str:
    return text.decode("latin-1")


def _in_versions(reader: FileReader, root: Path, fields: Iterator[bytes], seen: set[bytes]) -> Iterator[Leak]:
    """Keys in what `git --raw -z` reports: a commit with its message, for each file a line and a path."""
    commit, names, people = "", set[str](), set[bytes]()
    with _running(root, "cat-file", "--batch", typed=True) as blobs:
        for field in fields:
            if field.startswith(COMMIT):
                commit = field[1 : 1 + SHORT_ID].decode("ascii", "replace")
                who, _, message = field.partition(b"\n")[2].partition(_END_OF_PEOPLE)
                texts = [(message, MESSAGE), *(() if who in people else ((who, PEOPLE),))]
                people.add(who)
                for text, place in texts:
                    yield from (replace(leak, commit=commit) for leak in reader.name("", _latin(text), place))
            elif field.startswith(b":"):
                path = os.fsdecode(next(fields, b""))
                _old_mode, mode, _old, blob, _status = field.split()
                if path not in names:
                    names.add(path)
                    yield from (replace(leak, commit=commit) for leak in reader.name(path, path))
                if mode in REGULAR_FILES and blob not in seen:
                    seen.add(blob)
                    found = _in_blob(reader, blobs, blob, path)
                    yield from (replace(leak, commit=commit) for leak in found)


class _Blob:
    """The content of one version of a file, as `git cat-file --batch` hands it out."""

    def __init__(self, git: subprocess.Popen[bytes], blob: bytes) -> None:
        if git.stdin is None or git.stdout is None:
            raise ValueError("both ends of git are needed")
        self._out = git.stdout
        git.stdin.write(blob + b"\n")
        git.stdin.flush()
        kind, _, size = git.stdout.readline().rpartition(b" ")
        self._left = int(size) if kind.endswith(b" blob") else 0
        self.is_there = self._has_line_end = kind.endswith(b" blob")

    def read(self, size: int) -> bytes:
        part = self._out.read(min(size, self._left))
        self._left -= len(part)
        if not self._left and self._has_line_end:
            self._out.read(1)  # the line end after each content
            self._has_line_end = False
        return part

    def drain(self) -> None:
        """Read on to the next answer, when the reader gave up."""
        while self.read(1024 * 1024):
            pass


def _split(git: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What git says, part by part, as `-z` separates them."""
    held = b""
    while git.stdout and (chunk := git.stdout.read(64 * 1024)):
        *whole, held = (held + chunk).split(b"\0")
        yield from (part.lstrip(b"\n") for part in whole)
    if held:
        yield held


@contextmanager
def _running(root: Path, *arguments: str, typed: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """git, to be read while it works; it ends with this block. Raises GitFailed when it fails by itself."""
    with tempfile.TemporaryFile() as complaints:
        git = subprocess.Popen(  # noqa: S603  (no shell, and nothing of a user's among the arguments)
            ["git", *OPTIONS, *arguments],  # noqa: S607  (the user's own git, wherever it lies)
            cwd=root,
            env=_environment(),
            stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        with git:
            try:
                yield git
            except BaseException:
                git.kill()
                raise
            git.stdin and git.stdin.close()
        if git.returncode:
            complaints.seek(0)
            raise GitFailed(path=without_a_key(str(root)), reason=redact(_words(complaints.read())))


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A short question. Raises GitMissing."""
    try:
        return subprocess.run(  # noqa: S603
            ["git", *OPTIONS, *arguments],  # noqa: S607
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise GitMissing from None


def _environment() -> dict[str, str]:
    """Ours, without what git passes to a hook about its own repository: the folder says which is meant."""
    kept = {name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}


def _words(complaint: bytes) -> str:
    return complaint.decode("utf-8", "replace").strip()[:200]
