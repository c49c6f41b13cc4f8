"""Help, misuse and the unforeseen: sentences in the user's language, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sweeps import sweep

from ppkit.cli import limits_command
from ppkit.cli.command import Context, Group
from ppkit.cli.main import group
from ppkit.look.texts import Texts

from .conftest import Ppkit

DESIGNED = ["start", "check", "usage", "limits", "scan", "key", "practice", "progress", "class"]


def commands(of: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(of, Group):
        context = Context(of, obj=Texts("en"))
        for name in of.list_commands(context):
            inner = of.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


def test_the_commands_are_the_designed_ones(ppkit: Ppkit) -> None:
    shown = ppkit("--help").out
    assert [name for name in DESIGNED if f"\n  {name} " not in shown] == []


@sweep("path", list(commands(group)))
@sweep("language", ["it", "en"])
def test_every_help_page_speaks_the_persons_language(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], language: str
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    page = ppkit(*path, "--help")
    assert page.code == 0
    assert page.out.startswith(Texts(language)("cli.help.usage_heading"))
    assert "cli." not in page.out
    assert Texts(language)("cli.help.help") in " ".join(page.out.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fish"], "There is no such command."),
        (["limits", "--colour"], "There is no option --colour."),
        (["start", "--language", "de"], "--language does not accept this value (it | en)."),
        (["practice", "key"], "--name is missing."),
        (["practice", "fault", "slow_down"], "The command could not be understood."),
        (["practice", "clock", "advance"], "The command could not be understood."),
        (
            ["practice", "clock", "advance", "--days", "99999999999"],
            "--days does not accept this value (0 – 36524).",
        ),
        (
            ["practice", "clock", "advance", "--days", "1", "--next-month"],
            "--next-month and --days cannot be used together. Choose one.",
        ),
        (
            ["practice", "clock", "advance", "--next-month", "--hours", "1"],
            "--next-month and --hours cannot be used together. Choose one.",
        ),
    ],
    ids=" ".join,
)
def test_a_misused_command_is_told_in_a_sentence(ppkit: Ppkit, arguments: list[str], sentence: str) -> None:
    ran = ppkit(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0] == sentence
    assert "--help" in ran.err


def test_the_unforeseen_is_confessed_without_a_traceback_or_a_secret(
    ppkit: Ppkit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-practice-" + "CANARY" * 8

    def explode() -> None:
        raise RuntimeError(f"the key is {secret}")

    monkeypatch.setattr(limits_command, "session", explode)
    ran = ppkit("limits")
    assert ran.code == 2
    assert "RuntimeError" in ran.err
    assert "Traceback" not in ran.err
    details = (home / "last-error.txt").read_text()
    assert "explode" in details
    assert "CANARYCANARY" not in ran.err + details


def test_ctrl_c_ends_with_the_shells_code_for_it(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(limits_command, "session", interrupt)
    assert ppkit("limits").code == 130


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("usage", "--since", "yesterday"), "YYYY-MM-DD"),
        (("start", "--port", "0"), "1 – 65535"),
        (("scan", "nowhere"), "PATH…: the file or folder does not exist"),
        (("progress", "import", "nowhere"), "[FILE]: the file or folder does not exist"),
    ],
)
def test_a_value_that_is_not_taken_is_answered_with_what_is(
    ppkit: Ppkit, arguments: tuple[str, ...], told: str
) -> None:
    ran = ppkit(*arguments)
    assert ran.code == 2
    assert told in ran.err
