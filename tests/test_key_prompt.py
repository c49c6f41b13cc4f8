"""`ppkit.key()`: asked without echo, confirmed in one masked sentence, found nowhere afterwards."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

import ppkit
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.sessions import Session
from ppkit.settings import Settings

pytestmark = pytest.mark.processes

KEY = "sk-practice-" + "CANARY" * 8
CANARY = "CANARYCANARY"
MASKED = "sk-…NARY"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    return Session(Settings(home=tmp_path / "home", language="en"), environment={})


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | BaseException], None]:
    """What the user types when asked, or what happens instead."""

    def set_answer(answer: str | BaseException) -> None:
        def ask(_prompt: str) -> str:
            if isinstance(answer, BaseException):
                raise answer
            return answer

        monkeypatch.setattr(getpass, "getpass", ask)

    return set_answer


Typed = Callable[[str | BaseException], None]


def test_a_typed_key_is_linked_and_told_masked(
    session: Session, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(KEY)
    ppkit.key(using=session)
    assert capsys.readouterr().out == f"Key in use: {MASKED} ({Texts('en')('keys.source.typed')}).\n"
    assert session.linked_key == ApiKey(KEY)
    assert session.linking.saved.list() == []


def test_it_is_kept_only_when_asked(
    session: Session, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(f" OPENAI_API_KEY={KEY}")
    ppkit.key(store=True, name="agency", using=session)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 3
    assert MASKED in told[-1]
    assert session.linking.saved.file.load("agency") == ApiKey(KEY)


@pytest.mark.parametrize("pasted", ["", "PostPickr-AI", KEY[:-3], "sk-proj-" + "CANARY" * 20])
def test_what_is_no_key_is_refused_in_three_sentences(
    session: Session, typed: Typed, capsys: pytest.CaptureFixture[str], pasted: str
) -> None:
    typed(pasted)
    ppkit.key(using=session)
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 3
    assert CANARY not in out
    assert session.linked_key is None


@pytest.mark.parametrize(
    "no_prompt", [EOFError(), NotImplementedError(), OSError(), getpass.GetPassWarning()]
)
def test_where_it_would_be_shown_it_is_not_asked_for(
    session: Session, typed: Typed, capsys: pytest.CaptureFixture[str], no_prompt: BaseException
) -> None:
    typed(no_prompt)
    ppkit.key(using=session)
    assert "ppkit key set" in capsys.readouterr().out


def test_an_interruption_links_nothing(
    session: Session, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(KeyboardInterrupt())
    ppkit.key(using=session)
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert session.linked_key is None


def test_damaged_settings_are_told_in_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: Typed
) -> None:
    typed(AssertionError("asked"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PPKIT_MODE", "CANARY")
    ppkit.key()
    out = capsys.readouterr().out
    assert len(out.splitlines()) >= 3
    assert "CANARY" not in out


def test_on_binder_nothing_is_asked_for_that_could_not_be_saved(
    tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(AssertionError("asked"))
    session = Session(
        Settings(home=tmp_path, language="en"), environment={"BINDER_LAUNCH_HOST": "https://mybinder.org/"}
    )
    ppkit.key(store=True, using=session)
    assert "Binder" in capsys.readouterr().out


def test_without_a_terminal_a_program_is_told_and_nothing_is_echoed(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PPKIT_HOME": str(tmp_path),
        "PPKIT_LANGUAGE": "en",
        "PPKIT_MODE": "practice",
    }
    ran = subprocess.run(
        [sys.executable, "-c", "import ppkit; ppkit.key()"],
        input=KEY,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        start_new_session=True,  # without a controlling terminal
        check=True,
    )
    assert "ppkit key set" in ran.stdout
    assert CANARY not in ran.stdout + ran.stderr


def conversation(client: BlockingKernelClient, code: str, answer: str) -> list[dict[str, Any]]:
    """Run a cell and answer its question; every message that the kernel sent."""
    messages: list[dict[str, Any]] = []

    def asked(question: dict[str, Any]) -> None:
        messages.append(question)
        client.input(answer)

    client.execute_interactive(
        code, allow_stdin=True, stdin_hook=asked, output_hook=messages.append, timeout=60
    )
    return messages


def test_in_a_kernel_the_key_is_in_no_message_no_history_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {
        "PPKIT_HOME": "home",
        "IPYTHONDIR": "ipython",
        "JUPYTER_RUNTIME_DIR": "run",
        "JUPYTER_DATA_DIR": "data",
    }
    for variable, folder in places.items():
        monkeypatch.setenv(variable, str(tmp_path / folder))
    monkeypatch.setenv("PPKIT_LANGUAGE", "en")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client's own, about its event loop
        manager, client = start_new_kernel(cwd=str(tmp_path))
        try:
            refused = conversation(client, "import ppkit; ppkit.key()", KEY[:-3])
            linked = conversation(client, "ppkit.key()", f"{KEY}\n")
            shown = conversation(client, "%history -g\nppkit.session()\nppkit.session().keys()", "")
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
    assert Texts("en")("keys.refusal.half.what") in str(refused)
    assert f"Key in use: {MASKED}" in str(linked)
    assert any(
        message["msg_type"] == "input_request" and message["content"]["password"] for message in linked
    )
    assert MASKED in str(shown)
    assert CANARY not in str([refused, linked, shown])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "history.sqlite" for path in files)
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []


def test_live_on_binder_its_own_rule_is_read_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    on_binder = {"BINDER_LAUNCH_HOST": "https://binder.example/"}
    session = Session(Settings(home=tmp_path / "home", mode="live", language="en"), environment=on_binder)
    typed("nothing like a key")
    ppkit.key(using=session)
    assert capsys.readouterr().out.startswith(session.texts("setup.binder.rule"))
