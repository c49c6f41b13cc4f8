"""Which key `ppkit check` takes, and that it never waits in silence for one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from ppkit.cli.check_command import key_to_check
from ppkit.cli.main import run
from ppkit.current_session import session
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts

from .conftest import Ppkit

pytestmark = pytest.mark.processes

ENGLISH = Texts("en")
PRACTICE = "sk-practice-" + "Ab3Cd4Ef5Gh6" * 4
SAVED = "sk-practice-" + "Zy9Xw8Vu7Ts6" * 4
REAL = "sk-proj-" + "CANARY" * 8
OTHER_MODE = {"practice": REAL, "live": PRACTICE}
PASSED_OVER = "OPENAI_API_KEY holds a key of the other mode"


@pytest.fixture
def pipe(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[str]]:
    """The open end of a pipe that is standard input; the command does not wait for it."""
    reading, writing = os.pipe()
    monkeypatch.setattr("ppkit.cli.key_input.PATIENCE_SECONDS", 0.0)
    with os.fdopen(reading) as read_end, os.fdopen(writing, "w") as write_end:
        monkeypatch.setattr("sys.stdin", read_end)
        yield write_end


@pytest.mark.parametrize("mode", OTHER_MODE)
def test_a_variable_of_the_other_mode_and_a_silent_open_input_are_refused_and_not_waited_for(
    home: Path, mode: str
) -> None:
    environment = {**os.environ, "PPKIT_MODE": mode, "OPENAI_API_KEY": OTHER_MODE[mode]}
    command = [sys.executable, "-m", "ppkit", "check"]
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as job:
        try:
            code = job.wait(60)
        finally:
            job.kill()
        assert job.stdout is not None
        assert job.stderr is not None
        said = job.stderr.read()
        assert job.stdout.read() == ""
    refusal = "practice_key_in_live" if mode == "live" else "real_key_in_practice"
    assert code == 1
    assert PASSED_OVER in said.splitlines()[0]
    assert said.splitlines()[1:] == [
        ENGLISH(f"keys.refusal.{refusal}.{part}") for part in ("what", "why", "now")
    ]
    assert OTHER_MODE[mode] not in said


def test_what_lies_ready_on_an_open_input_counts_before_a_variable_of_the_other_mode(
    pipe: IO[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", REAL)
    pipe.write(f"{PRACTICE}\n")
    pipe.close()
    assert key_to_check(session().linking, ENGLISH) == ApiKey(PRACTICE)
    assert PASSED_OVER in capsys.readouterr().err


def test_with_a_variable_of_the_other_mode_the_saved_key_is_taken_and_not_waited_for(
    ppkit: Ppkit, pipe: IO[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = sys.stdin
    assert ppkit("key", "set", typed=SAVED).code == 0
    monkeypatch.setenv("OPENAI_API_KEY", REAL)
    monkeypatch.setattr("sys.stdin", silent)
    assert key_to_check(session().linking, ENGLISH) == ApiKey(SAVED)


def test_a_variable_of_the_other_mode_and_an_ended_input_are_refused(
    pipe: IO[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", REAL)
    pipe.close()
    assert run(["check"]) == 1
    assert ENGLISH("keys.refusal.real_key_in_practice.now") in capsys.readouterr().err


class Late(io.StringIO):
    """Standard input whose key comes after it was asked whether it has one."""

    def __init__(self, text: str, silent: int) -> None:
        super().__init__(text)
        self._silent = silent

    def fileno(self) -> int:
        return self._silent


def test_a_key_that_comes_late_is_waited_for_and_the_wait_is_told(
    pipe: IO[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = sys.stdin  # kept open: `Late` borrows its number
    monkeypatch.setattr("sys.stdin", Late(PRACTICE, silent.fileno()))
    assert key_to_check(session().linking, ENGLISH) == ApiKey(PRACTICE)
    assert ENGLISH("cli.check.waiting") in capsys.readouterr().err


def test_a_key_that_lies_ready_is_taken_without_a_word(
    pipe: IO[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pipe.write(PRACTICE)
    pipe.close()
    assert key_to_check(session().linking, ENGLISH) == ApiKey(PRACTICE)
    assert capsys.readouterr().err == ""


def test_a_fitting_variable_is_taken_without_a_look_at_an_open_input(
    pipe: IO[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", PRACTICE)
    assert key_to_check(session().linking, ENGLISH) == ApiKey(PRACTICE)
    assert capsys.readouterr().err == ""
