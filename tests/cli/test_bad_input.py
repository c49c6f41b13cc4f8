"""Damaged settings, damaged or newer ledgers, full disks: a sentence, an exit code, nothing lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ppkit.start.notebooks import packaged_notebooks

from .conftest import Ppkit, Ran

COMMANDS = [("limits",), ("usage",), ("key", "list"), ("progress", "show"), ("practice", "fault"), ("start",)]


def assert_told(ran: Ran, *words: str) -> None:
    """Three sentences on standard error, none of them a traceback, and an exit code that is not 0."""
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) >= 3
    assert [word for word in words if word not in ran.err] == []


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("language", ["it", "en"])
def test_a_damaged_configuration_file(
    ppkit: Ppkit, home: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], language: str
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    home.mkdir()
    (home / "config.toml").write_text("mode = [broken")
    assert_told(ppkit(*arguments), "config.toml")
    assert (home / "config.toml").read_text() == "mode = [broken"


def test_a_setting_with_an_impossible_value_is_named_and_the_value_is_not(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PPKIT_MODE", "sideways")
    ran = ppkit("limits")
    assert_told(ran, "mode")
    assert "sideways" not in ran.err


@pytest.mark.parametrize("language", ["it", "en"])
def test_an_address_of_no_mail_server(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    monkeypatch.setenv("PPKIT_SMTP_URL", "http://me:hidden@host?from=a@example.org")
    ran = ppkit("limits")
    assert_told(ran, "PPKIT_SMTP_URL", "smtp[s]://")
    assert "hidden" not in ran.err


def test_a_home_that_is_a_file(ppkit: Ppkit, home: Path) -> None:
    home.write_text("mine")
    assert_told(ppkit("limits"), "home")
    assert home.read_text() == "mine"


@pytest.fixture
def ledger(ppkit: Ppkit, home: Path) -> Path:
    """A ledger that was used and closed, then opened by another process."""
    subprocess.run(
        [sys.executable, "-m", "ppkit", "limits", "--hard", "10"],
        env={**os.environ, "PPKIT_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return home / "practice/ledger.sqlite3"


@pytest.mark.processes
@pytest.mark.parametrize("arguments", [("limits",), ("limits", "--hard", "5"), ("usage",)], ids=" ".join)
def test_a_damaged_ledger(ppkit: Ppkit, ledger: Path, arguments: tuple[str, ...]) -> None:
    ledger.write_bytes(b"this is no database at all" * 500)
    before = ledger.read_bytes()
    assert_told(ppkit(*arguments), str(ledger))
    assert ledger.read_bytes() == before


@pytest.mark.processes
def test_a_ledger_of_a_later_ppkit(ppkit: Ppkit, ledger: Path) -> None:
    connection = sqlite3.connect(ledger)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version = {version + 1}")
    connection.commit()
    connection.close()
    assert_told(ppkit("limits", "--hard", "5"), str(ledger))
    connection = sqlite3.connect(ledger)
    assert connection.execute("SELECT hard_pico_usd FROM spending_limit").fetchone() == (10 * 10**12,)
    connection.close()


def test_a_ledger_of_a_kind_we_cannot_open(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPKIT_LEDGER_URL", "oracle://user:hidden@host/db")
    ran = ppkit("limits")
    assert_told(ran)
    assert "hidden" not in ran.err


def limited(home: Path, arguments: str, kilobytes: int) -> Ran:
    """The command where no file may grow beyond this: what a full disk looks like to a program."""
    script = f"ulimit -f {kilobytes}; trap '' XFSZ; exec {sys.executable} -m ppkit {arguments}"
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PPKIT_HOME": str(home), "PPKIT_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.processes
def test_a_full_disk_when_a_limit_is_set(home: Path, ledger: Path) -> None:
    ran = limited(home, "limits --hard 5", 0)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    connection = sqlite3.connect(ledger)
    assert connection.execute("SELECT hard_pico_usd FROM spending_limit").fetchone() == (10 * 10**12,)
    connection.close()


@pytest.mark.processes
def test_a_full_disk_when_the_notebooks_are_copied(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work" / "ppkit-notebooks"
    ran = limited(home, f"start --no-browser --folder {folder}", 0)
    assert_told(Ran(ran.code, "", ran.err), str(folder))
    whole = list(packaged_notebooks().rglob("*.ipynb"))
    assert whole
    assert list(folder.rglob("*.ipynb")) == []  # none of them half written
