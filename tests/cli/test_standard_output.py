"""Standard output that is not read, full or closed: what the exit code says, and where the reason appears."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from ppkit.current_session import practice as practice_session
from ppkit.look.texts import Texts

from .conftest import Ppkit, Ran

READER_GONE = 141
SIDE = "aB3dE5fG7hJ9kL1mN2pQ" * 3 + "xY4zW6vU8tS0rR"
LEAK = f"sk-proj-{SIDE}T3Blbk" + f"FJ{SIDE}"
FULL = Path("/dev/full")
KEY = ("practice", "key", "--name", "lost")

pytestmark = [pytest.mark.usefixtures("practice"), pytest.mark.processes]
needs_a_full_disk = pytest.mark.skipif(
    not FULL.exists(), reason="no /dev/full on this system: a full disk was NOT tried"
)


@contextmanager
def left_pipe() -> Iterator[int]:
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


def ended(
    home: Path,
    *arguments: str,
    stdout: int,
    stderr: int = subprocess.PIPE,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "ppkit", *arguments],
        env={**os.environ, "PPKIT_HOME": str(home), **environment},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        check=False,
    )
    return Ran(done.returncode, "", done.stderr or "")


def full(home: Path, *arguments: str, language: str = "en") -> Ran:
    with FULL.open("wb") as disk:
        return ended(home, *arguments, stdout=disk.fileno(), environment={"PPKIT_LANGUAGE": language})


def closed(home: Path, arguments: str, closings: str = ">&-") -> Ran:
    done = subprocess.run(
        ["bash", "-c", f"exec {sys.executable} -m ppkit {arguments} {closings}"],
        env={**os.environ, "PPKIT_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return Ran(done.returncode, "", done.stderr)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("arguments", [("limits",), ("scan", "leak.txt"), ("scan", "--help")], ids=" ".join)
def test_a_reader_that_has_gone_is_no_answer_of_the_command(
    home: Path, arguments: tuple[str, ...], encoding: str
) -> None:
    Path("leak.txt").write_text(LEAK)
    with left_pipe() as pipe:
        ran = ended(home, *arguments, stdout=pipe, environment={"PYTHONIOENCODING": encoding})
    assert (ran.code, ran.err) == (READER_GONE, "")


def test_a_reader_that_has_gone_from_both_streams_is_no_answer_either(home: Path) -> None:
    with left_pipe() as pipe:
        assert ended(home, "scan", stdout=pipe, stderr=pipe).code == READER_GONE
        assert ended(home, "no-such-command", stdout=pipe, stderr=pipe).code == READER_GONE


@needs_a_full_disk
@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("arguments", [("limits",), ("progress", "export"), ("scan", "--help")], ids=" ".join)
def test_a_full_disk_is_told_in_sentences(home: Path, arguments: tuple[str, ...], language: str) -> None:
    ran = full(home, *arguments, language=language)
    assert ran.code == 2
    assert ran.err.splitlines()[0] == Texts(language)("error.answer_not_written.what")
    assert len(ran.err.splitlines()) == 3
    assert not (home / "last-error.txt").exists()


@needs_a_full_disk
def test_a_full_disk_under_both_streams_still_ends_with_the_code_for_trouble(home: Path) -> None:
    with FULL.open("wb") as disk:
        assert ended(home, "limits", stdout=disk.fileno(), stderr=disk.fileno()).code == 2


@needs_a_full_disk
@pytest.mark.parametrize("arguments", [KEY, ("practice", "admin-key")], ids=" ".join)
def test_a_key_that_a_full_disk_swallowed_is_told(home: Path, arguments: tuple[str, ...]) -> None:
    ran = full(home, *arguments)
    assert ran.code == 2
    assert ran.err.startswith("The key sk-practice-")
    assert Texts("en")("cli.practice.key_lost.now") in ran.err


def test_a_key_whose_reader_has_gone_is_told(home: Path) -> None:
    with left_pipe() as pipe:
        ran = ended(home, *KEY, stdout=pipe)
    assert ran.code == READER_GONE
    assert Texts("en")("cli.practice.key_lost.now") in ran.err


def test_no_key_is_made_where_standard_output_is_closed(home: Path) -> None:
    ran = closed(home, " ".join(KEY))
    assert (ran.code, len(ran.err.splitlines())) == (2, 3)
    assert practice_session().practice_link.state()["keys"] == []


def test_with_standard_output_closed_the_work_is_done_and_the_code_is_the_commands_own(
    ppkit: Ppkit, home: Path
) -> None:
    assert closed(home, "limits --hard 7") == Ran(0, "", "")
    assert ppkit("limits", "--json").json["hard_pico_usd"] == 7 * 10**12
    Path("leak.txt").write_text(LEAK)
    assert closed(home, "scan leak.txt") == Ran(1, "", "")
    assert closed(home, "progress export") == Ran(0, "", "")


def test_with_every_stream_closed_no_file_of_ours_becomes_standard_output(ppkit: Ppkit, home: Path) -> None:
    assert closed(home, "limits --soft 3", "<&- >&- 2>&-").code == 0
    assert ppkit("limits", "--json").json["soft_pico_usd"] == 3 * 10**12
