"""A proof belongs to the key it was made with, through whatever door another key comes in."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from keys.canaries import key_of

import ppkit
from ppkit.checkup import Finding, Rung, State
from ppkit.cli.main import run
from ppkit.clock import ManualClock, SystemClock
from ppkit.keys import ApiKey
from ppkit.onboarding import Evidence
from ppkit.sessions import Session
from ppkit.settings import load_settings
from ppkit.start.shared_platform import end_practice
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.setup.key_rotation_window import KeyRotationWindow
from ppkit.widgets.setup.setup_window import SetupWindow

FIRST = ApiKey(key_of("practice", "first"))
SECOND = ApiKey(key_of("practice", "second"))
PROOFS = ("key.pays", "link.used")
ALL_BUT_MONEY = (Rung.SHAPE, Rung.REACH, Rung.SIGN_IN)


class Recognising:
    """A checkup that knows every key and pays for nothing."""

    def run(
        self,
        _key: ApiKey,
        consent: object = False,
        on_finding: Callable[[Finding], None] = lambda _finding: None,
        **_named: object,
    ) -> list[Finding]:
        del consent  # nothing is paid, whatever was agreed to
        found = [Finding(rung, State.PASSED if rung in ALL_BUT_MONEY else State.SKIPPED) for rung in Rung]
        for finding in found:
            on_finding(finding)
        return found


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Iterator[Session]:
    for name in [name for name in os.environ if name.startswith(("PPKIT_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PPKIT_LANGUAGE", "en")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield a_session(clock)
    end_practice(tmp_path / "home", SystemClock())  # windows start one


def a_session(clock: ManualClock) -> Session:
    opened = Session(load_settings(), clock)
    vars(opened)["checkup"] = Recognising()  # in place of the one that would start a platform
    return opened


def prove(session: Session, key: ApiKey) -> None:
    """Everything that can be shown with a key: it pays, it is linked, it was used."""
    session.wizard.observe_checkup([Finding(rung, State.PASSED) for rung in Rung], key)
    for check in ("link.linked", "link.used"):
        session.wizard.record(check, key=key)


def proven(session: Session) -> set[str]:
    """What stands in the file, which is what a new kernel or the command line would show."""
    shown = {check for check in PROOFS if session.progress.load().of(check)}
    seen = {check.name for view in session.wizard.steps for check in view.checks if check.is_done}
    assert shown == seen & set(PROOFS)  # the wizard in memory agrees
    return shown


def by_setup_window(session: Session, key: ApiKey, _monkeypatch: pytest.MonkeyPatch) -> None:
    window = SetupWindow(session, at_once)
    send(window, "check", key=key)
    send(window, "link")


def by_assistant(session: Session, key: ApiKey, _monkeypatch: pytest.MonkeyPatch) -> None:
    send(AssistantWindow(session, at_once), "link", key=key)


def by_notebook_function(session: Session, key: ApiKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: key.get_secret_value())
    ppkit.key(using=session)


def by_session(session: Session, key: ApiKey, _monkeypatch: pytest.MonkeyPatch) -> None:
    session.link(key)


def by_key_list(session: Session, key: ApiKey, _monkeypatch: pytest.MonkeyPatch) -> None:
    saved_beside(session, key)
    SetupWindow(session, at_once)._use_key("beside")


def by_key_set(session: Session, key: ApiKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(key.get_secret_value()))
    assert run(["key", "set", "--where", "file", "--name", "beside"]) == 0


def by_key_use(session: Session, key: ApiKey, _monkeypatch: pytest.MonkeyPatch) -> None:
    saved_beside(session, key)
    assert run(["key", "use", "beside"]) == 0


def saved_beside(session: Session, key: ApiKey) -> None:
    """Kept, and not in use until the user switches to it."""
    session.linking.saved.file.save(key, "beside")
    session.linking.saved.file.activate("first")


Door = Callable[[Session, ApiKey, pytest.MonkeyPatch], None]
IN_THIS_SESSION: tuple[Door, ...] = (
    by_setup_window,
    by_assistant,
    by_notebook_function,
    by_session,
    by_key_list,
)
BY_COMMAND: tuple[Door, ...] = (by_key_set, by_key_use)


def send(window: Any, action: str, key: ApiKey | None = None) -> None:
    secrets = {"key": key.get_secret_value()} if key else {}
    content = {"id": f"{action} {id(secrets)}", "action": action, "fields": {}, "secrets": secrets}
    window._on_message(window, cast(Any, content), [])


def link_first(session: Session) -> None:
    """Kept in the file and not typed, so that commands and other sessions find it as well."""
    session.linking.keep(FIRST, "first", "file")
    prove(session, FIRST)
    assert proven(session) == set(PROOFS)


@pytest.mark.processes
@pytest.mark.parametrize("door", [*IN_THIS_SESSION, *BY_COMMAND], ids=lambda door: door.__name__)
def test_another_key_takes_back_what_the_one_before_has_proven(
    session: Session, monkeypatch: pytest.MonkeyPatch, door: Door
) -> None:
    link_first(session)
    door(session, SECOND, monkeypatch)
    if door in BY_COMMAND:
        session.progress.load()  # it is another process; of this one the wizard knows by itself
    assert session.linked_key == SECOND
    assert proven(session) == set()
    assert not session.wizard.is_complete


@pytest.mark.processes
@pytest.mark.parametrize("door", [*IN_THIS_SESSION, *BY_COMMAND], ids=lambda door: door.__name__)
def test_the_same_key_keeps_its_proofs(session: Session, monkeypatch: pytest.MonkeyPatch, door: Door) -> None:
    link_first(session)
    door(session, FIRST, monkeypatch)
    assert proven(session) == set(PROOFS)


@pytest.mark.processes
@pytest.mark.parametrize("door", IN_THIS_SESSION, ids=lambda door: door.__name__)
def test_the_wizard_in_memory_knows_without_being_told(
    session: Session, monkeypatch: pytest.MonkeyPatch, door: Door
) -> None:
    link_first(session)
    door(session, SECOND, monkeypatch)
    assert proven(session) == set()


def test_a_new_kernel_knows_whose_proofs_they_are(session: Session, clock: ManualClock) -> None:
    """A typed key is gone with its kernel; the next one may be another."""
    session.link(FIRST)
    prove(session, FIRST)
    same = a_session(clock)
    assert same.linked_key is None
    same.link(FIRST)
    assert proven(same) == set(PROOFS)
    other = a_session(clock)
    other.link(SECOND)
    assert proven(other) == set()


def test_forgetting_ends_the_link_and_leaves_what_the_key_has_shown_for_when_it_comes_back(
    session: Session,
) -> None:
    session.link(FIRST)
    prove(session, FIRST)
    session.forget()
    assert proven(session) == {"key.pays"}
    session.link(FIRST)
    assert proven(session) == {"key.pays"}
    session.forget()
    session.link(SECOND)
    assert proven(session) == set()


def test_forgetting_one_key_leaves_the_proofs_to_the_one_that_stays_in_force(session: Session) -> None:
    link_first(session)
    session.link(SECOND)
    prove(session, SECOND)
    assert run(["key", "forget", "--name", "first"]) == 0
    assert proven(session) == set(PROOFS)
    session.forget("typed")
    assert session.linked_key is None
    assert "link.used" not in proven(session)


def test_a_key_that_is_kept_but_not_in_force_takes_nothing(
    session: Session, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", FIRST.get_secret_value())
    prove(session, FIRST)
    by_key_set(session, SECOND, monkeypatch)
    assert session.linked_key == FIRST
    assert proven(session) == set(PROOFS)


@pytest.mark.processes
def test_going_back_to_the_old_key_in_the_drill_takes_back_the_new_ones_proofs(session: Session) -> None:
    session.link(FIRST)
    prove(session, FIRST)
    session.key_rotation.begin(FIRST, None, None)
    window = KeyRotationWindow(session, at_once)
    window._swapped(SECOND, (Recognising().run(SECOND), None), store=False)
    assert session.linked_key == SECOND
    assert proven(session) == set()
    prove(session, SECOND)
    window._go_back()
    assert session.linked_key == FIRST
    assert proven(session) == set()


def test_damaged_progress_stops_no_key(session: Session) -> None:
    session.progress.path.write_text("no progress")
    session.link(FIRST)
    assert session.linked_key == FIRST
    assert session.progress.path.read_text() == "no progress"


def test_a_proof_of_an_earlier_version_goes_when_the_key_changes(session: Session) -> None:
    session.link(FIRST)
    for check in PROOFS:
        session.wizard.record(check, Evidence.PRACTISED)  # as it was kept then: without its key
    session.link(FIRST)
    assert proven(session) == set(PROOFS)
    session.link(SECOND)
    assert proven(session) == set()


def test_an_export_tells_nothing_of_the_key(session: Session) -> None:
    session.link(FIRST)
    prove(session, FIRST)
    kept = session.progress.path.read_text()
    assert FIRST.get_secret_value() not in kept
    assert FIRST.last4 not in session.progress.export("practice")
    assert '"key"' in kept
    assert '"key"' not in session.progress.export("practice")
