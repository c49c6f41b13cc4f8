"""`--json`: exactly one document on standard output, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest
from sweeps import sweep

from ppkit.cli.main import group
from ppkit.cli.output import print_json

from .conftest import Ppkit

CANARY = "sk-proj-" + "CANARY" * 8


def commands(of: click.Command, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its words, by asking click."""
    if not isinstance(of, click.Group):
        yield before, of
        return
    context = click.Context(of)
    for name in of.list_commands(context):
        found = of.get_command(context, name)
        assert found is not None
        yield from commands(found, *before, name)


ALL = dict(commands(group))
WITH_JSON = [words for words, found in ALL.items() if any("--json" in one.opts for one in found.params)]
WITHOUT = {("start",), ("practice", "serve"), ("progress", "export"), ("progress", "import")}
"""What runs until it is ended, and what reads and writes another document."""


def test_whatever_a_program_may_read_has_json() -> None:
    assert set(ALL) - set(WITH_JSON) == WITHOUT


@sweep("words", list(ALL))
@sweep("wrong", [("--no-such-option",), ("--json=yes",), ("one", "two", "three", "four", "--nothing")])
def test_a_misuse_is_one_document_with_code_and_sentences(
    ppkit: Ppkit, words: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    if words == ("run",) and wrong[0] == "one":
        return  # a program of that name, and its own arguments
    ran = ppkit(*words, *wrong, *(() if wrong[0].startswith("--json") else ("--json",)))
    assert ran.code == 2
    assert ran.err == ""
    told = ran.json["error"]
    assert set(told) == {"code", "facts", "what", "why", "now"}
    assert told["code"] == "misuse"
    assert told["what"]


@sweep("words", list(WITH_JSON))
def test_a_help_page_is_one_document(ppkit: Ppkit, words: tuple[str, ...]) -> None:
    ran = ppkit(*words, "--json", "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "--json" in ran.json["help"]
    assert not ppkit(*words, "--help").out.startswith("{")


@sweep("words", list(ALL))
def test_an_unforeseen_error_is_one_document(
    ppkit: Ppkit, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(ALL[words], "invoke", broken)
    monkeypatch.setattr(ALL[words], "parse_args", lambda _context, _arguments: [])
    ran = ppkit(*words, "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "unforeseen")
    assert "CANARYCANARY" not in ran.out + ran.err


@sweep("words", list(ALL))
def test_settings_that_cannot_be_are_one_document(
    ppkit: Ppkit, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if words not in WITH_JSON or words in {("scan",), ("class", "show")}:
        pytest.skip("reads no settings, or has no --json")
    monkeypatch.setenv("PPKIT_MODE", "liv")
    needed = {
        "practice key": ("--name", "a"),
        "key use": ("a",),
        "practice clock advance": ("--days", "1"),
        "drafts search": ("a",),
        "drafts import": (__file__,),
        "batch": (__file__,),
    }.get(" ".join(words), ())
    ran = ppkit(*words, *needed, "--json")
    assert ran.code == 2
    told = ran.json["error"]
    assert told["code"] == "impossible_setting"
    assert (told["facts"]["name"], told["facts"]["origin"]) == ("mode", "environment")


@pytest.mark.parametrize(
    ("typed", "code"),
    [("a@example.com", "email"), ("sk-practice-short", "half"), (CANARY, "real_key_in_practice")],
)
@pytest.mark.parametrize("words", [("check",), ("key", "set", "--where", "file")], ids=" ".join)
def test_what_is_no_key_is_one_document(ppkit: Ppkit, words: tuple[str, ...], typed: str, code: str) -> None:
    ran = ppkit(*words, "--json", typed=typed)
    assert (ran.code, ran.json["error"]["code"]) == (1, code)
    assert "CANARYCANARY" not in ran.out + ran.err
    assert "@" not in ran.out


def test_without_a_key_the_check_is_one_document(ppkit: Ppkit) -> None:
    ran = ppkit("check", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "no_key_linked")


def test_an_interrupted_command_is_one_document(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ALL["limits",], "invoke", pressed)
    ran = ppkit("limits", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (130, "interrupted")


def test_an_error_after_the_answer_puts_nothing_beside_it(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers_and_falls(_context: click.Context) -> None:
        print_json({"done": True})
        raise RuntimeError

    monkeypatch.setattr(ALL["limits",], "invoke", answers_and_falls)
    ran = ppkit("limits", "--json")
    assert (ran.code, json.loads(ran.out)) == (2, {"done": True})
    assert "RuntimeError" in ran.err


def test_keys_are_kept_and_dropped_with_a_document(ppkit: Ppkit) -> None:
    key = "sk-practice-" + "Ab3Cd4Ef5Gh6" * 4
    assert ppkit("key", "set", "--where", "file", "--name", "a", "--json", typed=key).json["name"] == "a"
    assert [row["name"] for row in ppkit("key", "use", "a", "--json").json] == ["a"]
    assert ppkit("key", "forget", "--json").json == {"forgotten": True, "keys": []}
