"""The command line, called in process with its own data folder, working folder and environment."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ppkit.cli.main import run
from ppkit.clock import SystemClock
from ppkit.start.shared_platform import end_practice


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Ppkit = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and no settings or keys but those of the test."""
    for name in list(os.environ):
        if name.startswith(("PPKIT_", "OPENAI_")):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("PPKIT_HOME", str(folder))
    monkeypatch.setenv("PPKIT_LANGUAGE", "en")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def ppkit(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ppkit:
    """`ppkit("limits", "--hard", "5")`; `typed` is what standard input holds."""

    def call(*arguments: str, typed: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()
        code = run(arguments)
        assert isinstance(code, int)  # and no program, which would be the caller's to run
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return call


@pytest.fixture
def practice(home: Path) -> Iterator[None]:
    """Whatever practice process the test starts in its data folder is ended after it."""
    yield
    end_practice(home, SystemClock())
