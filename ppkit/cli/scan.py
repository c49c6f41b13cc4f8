"""`ppkit scan`: files in which a key lies open. The report shows where, and of the key only its last four."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json
from ppkit.keys import redact
from ppkit.look.texts import Texts

FOUND = 1
NOT_ALL_READ = 2
# As long as any secret key of the platform has been; shorter texts are examples and masked keys.
KEY = re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{32,}")
# A real body is random: a run of one letter, or words, is a placeholder.
FEWEST_DIFFERENT_CHARACTERS = 12
SKIPPED_FOLDERS = {".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"}


@dataclass(frozen=True, slots=True)
class Leak:
    """Where a key lies open; `masked` is all that is told of it."""

    path: Path
    line: int
    masked: str


@click.command("scan", cls=Command, help="cli.help.scan")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH…"
)
@json_option()
@click.pass_obj
def command(texts: Texts, paths: tuple[Path, ...], as_json: bool) -> int:
    unread: list[Path] = []
    leaks = list(scan(paths, unread.append))
    if as_json:
        print_json([{"path": str(leak.path), "line": leak.line, "key": leak.masked} for leak in leaks])
    else:
        for leak in leaks:
            click.echo(f"{leak.path}:{leak.line}: {leak.masked}")
        click.echo(texts.plural("cli.scan.found", len(leaks)) if leaks else texts("cli.scan.clean"))
        if leaks:
            click.echo(texts("cli.scan.now"))
    for path in unread:
        click.echo(texts("cli.scan.unread", path=path), err=True)
    return FOUND if leaks else NOT_ALL_READ if unread else 0


def scan(paths: Sequence[Path], on_unread: Callable[[Path], None]) -> Iterator[Leak]:
    """Every key in these files and in the files of these folders; what cannot be read is told."""
    for path in paths:
        for file in _files(path, on_unread):
            try:
                yield from _leaks(file)
            except OSError:
                on_unread(file)


def _files(path: Path, on_unread: Callable[[Path], None]) -> Iterator[Path]:
    """Files, also those inside folders; pipes, sockets and devices hold nothing."""
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
            yield from _files(inside, on_unread)


def _leaks(file: Path) -> Iterator[Leak]:
    """Raises OSError."""
    # Latin-1 reads any bytes, and a key is ASCII in every encoding a person saves text in but UTF-16.
    content = file.read_bytes().replace(b"\0", b"").decode("latin-1")
    for number, line in enumerate(content.splitlines(), start=1):
        for match in KEY.finditer(line):
            if len(set(match.group())) >= FEWEST_DIFFERENT_CHARACTERS:
                yield Leak(file, number, redact(match.group()))
