"""A key on the command line, wherever it stands, is shown nowhere and written nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from ppkit.cli import language
from ppkit.cli.main import group, run
from ppkit.look.texts import Texts
from ppkit.settings import Settings, load_settings

from .canary import CANARIES, SOME, Canary

Line = tuple[str, ...]


def commands(found: click.Command = group, path: Line = ()) -> Iterator[tuple[Line, click.Command]]:
    """Every command and group there is, so that a new one is walked as well."""
    yield path, found
    if isinstance(found, click.Group):
        context = click.Context(found)
        for name in found.list_commands(context):
            inner = found.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


def lines(canary: str) -> Iterator[Line]:
    """The canary in the place of every option's value, every argument, every option's and command's name."""
    for path, command in commands():
        yield (*path, canary)
        yield (*path, f"--{canary}")
        yield (*path, f"--{canary}=5")
        for parameter in command.get_params(click.Context(command)):
            if isinstance(parameter, click.Option):
                for name in parameter.opts:
                    yield (*path, name, canary)
                    yield (*path, f"{name}={canary}")
            elif path == ("run",):  # what follows the program's name is the program's business
                yield (*path, canary)
            else:
                yield (*path, *["on"] * (parameter.nargs if parameter.nargs > 0 else 1), canary)
    yield ("usage", "--by", f"tag:{canary}")
    yield ("practice", "fault", canary, "on")
    yield ("limits", "--soft", *canary.split())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("PPKIT_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PPKIT_LANGUAGE", "en")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def test_the_walk_meets_every_option() -> None:
    met = list(lines("canary"))
    assert len(met) > 120
    for known in (
        ("limits", "--soft", "canary"),
        ("practice", "key", "--name", "canary"),
        ("key", "use", "canary"),
    ):
        assert any(line[: len(known)] == known or line[-len(known) :] == known for line in met), known


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.shape)
def test_every_command_refuses_it_in_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, canary: Canary
) -> None:
    # Each line would read the settings, which stay as they are, for the language of its refusal.
    monkeypatch.setattr(language, "load_settings", cache(load_settings))
    what = Texts("en")("error.key_as_argument.what")
    for line in lines(canary.text):
        code = run(line)
        said = capsys.readouterr()
        assert (code, what in said.out + said.err) == (2, True), line[:-1]
        assert not canary.is_in(said.out + said.err), line[:-1]
    assert canary.places(home) == []


@pytest.mark.processes
def test_a_process_of_its_own_says_no_more(home: Path) -> None:
    for canary in SOME:
        done = subprocess.run(
            [sys.executable, "-m", "ppkit", "limits", "--soft", canary.text], capture_output=True, check=False
        )
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        assert not canary.is_in(done.stdout + done.stderr)
        assert canary.places(home) == []


@pytest.mark.parametrize("line", [("limits", "--soft", "5.00"), ("usage", "--by", "tag:agency-bianchi-2026")])
def test_what_is_no_key_passes(home: Path, line: Line) -> None:
    assert home.exists()
    assert run(line) == 0


NAMES = [
    str(field.validation_alias or f"PPKIT_{name.upper()}") for name, field in Settings.model_fields.items()
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["environment", ".env", "config.toml"])
def test_no_setting_takes_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, place: str
) -> None:
    for canary in SOME:
        if place == "environment":
            monkeypatch.setenv(name, canary.text)
        elif "\n" in canary.text or (name == "PPKIT_HOME"):
            continue
        elif place == ".env":
            Path(".env").write_text(f"{name}={canary.text}\n")
        else:
            (home / "home").mkdir(exist_ok=True)
            (home / "home/config.toml").write_text(f"{name} = {json.dumps(canary.text)}\n")
        code = run(["limits"])
        said = capsys.readouterr()
        if not (place != "environment" and name == "PPKIT_LANGUAGE"):  # the environment's counts first
            assert code == 2
            assert len(said.err.splitlines()) >= 3
        assert not canary.is_in(said.out + said.err)
        for written in (Path(".env"), home / "home/config.toml"):
            written.unlink(missing_ok=True)
        assert canary.places(home) == []


def test_files_of_progress_and_of_a_class_tell_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for canary in SOME:
        folder = home / "class"
        folder.mkdir(exist_ok=True)
        name = canary.text.replace("\n", "")
        fact = {"check": canary.text, "evidence": "declared", "at": "2026-11-23T12:00:00+00:00"}
        for number, changed in enumerate(
            ({}, {"check": "key.pays", "evidence": canary.text}, {"at": canary.text})
        ):
            document = json.dumps({"schema": 1, "facts": [{**fact, **changed}]})
            (folder / f"{number}.json").write_text(document)
            assert run(["progress", "import", f"{folder}/{number}.json"]) == 2
        (folder / f"{name}.json").write_text(json.dumps({"schema": 1, "facts": []}))
        (folder / f"{name}2.json").write_text("no progress")
        assert run(["class", "show", str(folder)]) == 1
        assert run(["class", "show", "--json", str(folder)]) == 1
        said = capsys.readouterr()
        assert not canary.is_in(said.out + said.err)
        for written in folder.iterdir():
            written.unlink()
        assert canary.places(home) == []


def test_a_check_of_small_letters_alone_may_still_be_a_key(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = "gs" + "k_" + "ab1cd2ef3gh4ij5kl6mn7op8qr9st0uvwx"
    fact = {"check": hidden, "evidence": "declared", "at": "2026-11-23T12:00:00+00:00"}
    Path("facts.json").write_text(json.dumps({"schema": 1, "facts": [fact]}))
    assert run(["progress", "import", "facts.json"]) == 2
    assert hidden not in "".join(capsys.readouterr())
    assert not list((home / "home").rglob("progress.json"))


def test_a_table_of_briefs_tells_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for canary in SOME:
        cell = canary.text.replace("\n", " ")
        table = home / "work/briefs.csv"
        table.write_text(f'topic,client,"{cell}"\n"{cell}",x,y\na terrace,"{cell}",z\nfine,Bianchi,z\n')
        assert run(["drafts", "import", str(table), "--faulty", str(home / "work/faulty.csv")]) == 1
        assert run(["drafts", "import", str(table), "--json"]) == 1
        assert run(["batch", str(table)]) == 3
        assert run(["batch", str(table), "--json"]) == 3
        for line in (["drafts", "list", "--json"], ["drafts", "export", "--for", "zip"]):
            assert run(line) == 0
        said = capsys.readouterr()
        assert "2" in said.err
        assert not canary.is_in(said.out + said.err)
        table.unlink()
        assert canary.places(home) == []
