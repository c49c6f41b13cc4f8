"""The wizard's window: what it shows follows from the wizard, and the key never enters the page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ppkit.checkup import Diagnosis, Finding, NotedAccount, Rung, State
from ppkit.clock import ShiftedClock
from ppkit.keys import ApiKey, KeyringIsLocked
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.onboarding import StepName
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import PRACTICE_KEY, FakeSession, click, may_switch, spend

ADMIN_KEY = "sk-practice-admin-" + "CANARY" * 8
LIVE_KEY = "sk-proj-" + "CANARY-a1B" * 7 + "w_yZ" + "T3Blbk" + "FJ" + "c3D4-CANAR" * 7 + "y_zW"
EVERYTHING_DONE: dict[str, Any] = {
    "signed_up": "2026-11-23",
    "payment_method": True,
    "balance_pico_usd": 5,
    "keys": [{}],
}


def opened(session: Any) -> SetupWindow:
    return SetupWindow(session, run=at_once)


def at_key_step(session: Any) -> SetupWindow:
    session.platform.found = EVERYTHING_DONE
    return opened(session)


def test_it_opens_on_the_first_step_in_the_sessions_language(session: Any) -> None:
    window = opened(session)
    assert "Crea il tuo account" in window.html
    assert 'data-practice-port="8123"' in window.html
    assert window.language == "it"


def test_the_rung_under_way_is_on_the_page_though_the_one_before_has_ended_in_the_same_moment(
    session: Any,
) -> None:
    window = at_key_step(session)
    is_shown, seen = threading.Event(), []
    window.observe(lambda change: is_shown.set() if "pp-badge-brand" in change["new"] else None, "html")

    def takes_long(_key: ApiKey, on_finding: Callable[[Finding], None], **_how: object) -> list[Finding]:
        on_finding(Finding(Rung.SHAPE, State.PASSED))
        session.clock.advance(timedelta(milliseconds=1))
        on_finding(Finding(Rung.REACH, State.RUNNING))
        seen.append(is_shown.is_set())
        session.clock.advance(timedelta(milliseconds=60))
        seen.append(is_shown.wait(10))
        return []

    session.checkup.run = takes_long
    click(window, "check", {"key": PRACTICE_KEY})
    assert seen == [False, True]


def test_a_window_that_is_closed_while_a_redraw_waits_for_its_turn_stays_empty(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(session)

    @contextmanager
    def closed_meanwhile() -> Iterator[None]:
        window.close()
        yield

    monkeypatch.setattr(session.linking, "one_look", closed_meanwhile)
    window.redraw()
    assert window.html == ""


def test_a_step_is_ticked_only_when_the_platform_shows_it(session: Any) -> None:
    window = opened(session)
    click(window, "look_again")
    assert session.wizard.current.value == "account"
    session.platform.found = {"signed_up": "2026-11-23"}
    click(window, "look_again")
    assert session.wizard.current.value == "credit"
    assert Texts("it")("setup.seen_done") in window.html


def test_in_practice_nothing_that_matters_is_believed_on_the_persons_word(session: Any) -> None:
    window = opened(session)
    assert 'data-check="account.signed_up"' not in window.html
    click(window, "declare", check="key.pays")
    assert session.wizard.steps[2].evidence.label == "todo"
    assert "pp-problem" in window.html


def test_every_step_can_be_looked_at(session: Any) -> None:
    window = opened(session)
    for step in StepName:
        click(window, "go", step=step.value)
        assert f'data-focus="{step.value}"' in window.html


def test_a_text_that_is_no_key_is_refused_with_its_reason_and_not_shown(session: Any) -> None:
    window = at_key_step(session)
    click(window, "check", {"key": "mypassword-CANARY"})
    assert "Questa non è una chiave di OpenAI" in window.html
    assert "CANARY" not in window.html
    assert session.checkup.keys == []


def test_a_recognised_key_waits_for_consent_with_the_cost_shown_first(session: Any) -> None:
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    assert "0,000011 USD" in window.html
    assert session.wizard.steps[2].evidence.label == "todo"  # recognised is not proven
    click(window, "consent")
    assert session.wizard.steps[2].evidence.label == "practised"
    assert "La chiave funziona" in window.html


def test_a_repaired_key_says_what_was_repaired(session: Any) -> None:
    window = at_key_step(session)
    click(window, "check", {"key": f"  {PRACTICE_KEY}\n"})
    assert "un po’ rovinata" in window.html


def test_a_failed_rung_becomes_a_card_with_two_ways_on(session: Any) -> None:
    session.checkup.broken = {Rung.CREDIT: Diagnosis("no_credit", {}, {"status": 429})}
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    card = window.html.split('class="pp-problem"')[1]
    assert 'data-action="check_again"' in card
    assert "billing?language=it" in card
    session.checkup.broken = {}
    click(window, "check_again")
    assert "pp-problem" not in window.html


def test_the_key_is_linked_and_kept_only_when_asked(session: Any) -> None:
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "go", step="link")
    click(window, "link")
    assert session.linked_key.get_secret_value() == PRACTICE_KEY
    assert session.linking.saved.list() == []
    click(window, "forget")
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "link", store="yes")
    assert len(session.linking.saved.list()) == 1


def test_forgetting_the_key_unlinks_and_takes_the_step_back(session: Any) -> None:
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "link")
    click(window, "forget")
    assert session.linked_key is None
    assert session.wizard.steps[3].evidence.label == "todo"


def test_the_canary_is_nowhere(session: Any, outbound: list[object], tmp_path: Path) -> None:
    session.checkup.broken = {Rung.SIGN_IN: Diagnosis("wrong_key", {}, {"status": 401})}
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    session.checkup.broken = {}
    for action in ("check_again", "consent", "try_image", "link", "look"):
        click(window, action)
    assert session.checkup.keys  # it really went through
    for place in (window.get_state(), outbound, repr(window), repr(vars(window))):
        assert PRACTICE_KEY not in repr(place)
        assert "CANARYCANARY" not in repr(place)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or PRACTICE_KEY.encode() not in path.read_bytes()


def test_a_broken_platform_is_a_card_and_the_next_look_mends_it(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(session.platform, "state", gone)
    window = opened(session)
    assert "pp-problem" in window.html
    assert "Traceback" not in window.html
    monkeypatch.undo()
    session.platform.found = {"signed_up": "2026-11-23"}
    click(window, "look_again")
    assert "pp-problem" not in window.html


def test_damaged_progress_is_told_and_left_alone(session: Any) -> None:
    damaged = session.home / "progress.json"
    damaged.write_text("{not json")
    session.restart()
    window = opened(session)
    assert "pp-problem" in window.html
    assert damaged.read_text() == "{not json"


def test_unknown_actions_and_steps_do_nothing_worse_than_a_card(session: Any) -> None:
    window = opened(session)
    before = window.html
    click(window, "close")
    click(window, "__init__")
    assert window.html == before
    click(window, "go", step="nowhere")
    assert "pp-problem" in window.html


def test_the_language_can_be_changed_and_every_window_follows(session: Any) -> None:
    first, second = opened(session), opened(session)
    click(first, "speak", language="en")
    assert "Create your account" in first.html
    assert "Create your account" in second.html
    assert second.language == "en"


def test_live_the_persons_word_is_written_down_as_declared(tmp_path: Path) -> None:
    session: Any = FakeSession(tmp_path, mode="live", language="en")
    window = opened(session)
    assert "platform.openai.com" in window.html
    assert "data-practice-port" not in window.html
    click(window, "declare", check="account.signed_up")
    assert session.wizard.steps[0].evidence.label == "declared"
    session.ledger.close()


NO_CREDIT = Diagnosis(
    "no_credit", {}, {"status": 429, "code": "credit_balance_exhausted", "request_id": "req_1"}
)


def live_key_step(folder: Path, broken: dict[Rung, Diagnosis]) -> tuple[Any, SetupWindow]:
    session: Any = FakeSession(folder, mode="live", language="en")
    session.checkup.broken = broken
    may_switch(session, FakeSession(folder, language="en"))
    window = SetupWindow(session, run=at_once)
    click(window, "go", step="key")
    click(window, "check", {"key": LIVE_KEY})
    return session, window


def test_live_the_person_tells_which_cause_it_is_and_the_advice_changes(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: NO_CREDIT})
    assert 'data-cause="credit_on_its_way"' in window.html
    click(window, "cause", cause="credit_on_its_way")
    assert "is not active yet" in window.html
    assert 'data-cause="' not in window.html
    assert "req_1" in window.html  # the technical details stay
    click(window, "check_again")
    assert "is not active yet" in window.html  # the same answer is still the same cause
    session.ledger.close()


def test_in_practice_the_platform_itself_tells_the_cause(session: Any) -> None:
    session.checkup.broken = {Rung.RIGHTS: NO_CREDIT}
    session.platform.found = EVERYTHING_DONE | {
        "purchases": [{"status": "pending", "created_at": "2026-11-23"}]
    }
    window = opened(session)
    click(window, "check", {"key": PRACTICE_KEY})
    assert "non è ancora attivo" in window.html


def test_hints_come_one_after_the_other(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.SIGN_IN: Diagnosis("wrong_key", {}, {})})
    assert "Hint 1" not in window.html
    for number in (1, 2, 3):
        click(window, "hint")
        assert f"Hint {number}" in window.html
    assert 'data-action="hint"' not in window.html
    session.ledger.close()


def countdown(window: SetupWindow) -> tuple[str, int]:
    """The name of the running countdown, and the seconds that are left as the page is drawn."""
    ((name, seconds),) = re.findall(r'data-countdown="(\w+)" data-seconds="(\d+)"', window.html)
    return name, int(seconds)


def test_waiting_counts_down_one_two_five_ten_minutes_and_can_be_stopped(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: NO_CREDIT})
    for seconds in (60, 120, 300, 600):
        click(window, "wait")
        name, left = countdown(window)
        assert left == seconds
        checks = len(session.checkup.keys)
        click(window, "check_again", waited=name)
        assert len(session.checkup.keys) == checks + 1
    assert 'data-action="wait"' not in window.html
    session.checkup.broken = {Rung.SIGN_IN: Diagnosis("server_error", {}, {})}
    click(window, "check_again")
    click(window, "wait")
    assert 'data-seconds="60"' in window.html  # another trouble begins anew
    click(window, "stop_waiting")
    assert "data-countdown" not in window.html
    session.ledger.close()


def test_a_page_loaded_anew_goes_on_with_the_countdown_where_it_was(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: NO_CREDIT})
    click(window, "wait")
    name, _ = countdown(window)
    session.clock.advance(timedelta(seconds=13.5))
    state = window.get_state()  # what a page asks for when it is loaded
    assert f'data-countdown="{name}" data-seconds="47"' in state["html"]
    assert ">0:47</b>" in state["html"]
    click(window, "wait")  # pressed in a second tab, which still showed the button
    click(window, "speak", language="it")
    assert countdown(window) == (name, 47)
    session.ledger.close()


def test_a_countdown_that_ended_while_nobody_looked_checks_once(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: NO_CREDIT})
    click(window, "wait")
    session.clock.advance(timedelta(hours=8))
    window.get_state()
    name, left = countdown(window)
    assert left == 0
    checks = len(session.checkup.keys)
    for _view in range(3):
        click(window, "check_again", waited=name)
    assert len(session.checkup.keys) == checks + 1
    click(window, "wait")
    click(window, "check_again", waited=name)  # a tab that slept through the first wait
    assert countdown(window)[1] == 120
    session.ledger.close()


def test_the_hour_of_the_practice_platform_does_not_change_what_is_left(session: Any, tmp_path: Path) -> None:
    session.checkup.broken = {Rung.SIGN_IN: Diagnosis("server_error", {}, {})}
    offset = tmp_path / "platform.offset"
    machine = session.clock
    session.platform.clock = ShiftedClock(machine, offset)
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "wait")
    machine.advance(timedelta(seconds=20))
    offset.write_text(str(40 * 86_400))
    window.redraw()
    assert countdown(window)[1] == 40


def test_no_countdown_has_the_name_of_another(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: NO_CREDIT})
    click(window, "wait")
    first, _ = countdown(window)
    click(window, "switch", mode="practice")
    practice: Any = window.session
    practice.checkup.broken = {Rung.SIGN_IN: Diagnosis("server_error", {}, {})}
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "wait")
    assert countdown(window)[0] != first
    session.ledger.close()
    practice.ledger.close()


def test_help_can_be_asked_for_with_everything_but_the_key(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: NO_CREDIT})
    text = window.html.split('data-copy="')[1].split('"')[0]
    assert "req_1" in text
    assert "diagnosis: no_credit" in text
    assert "The key may request texts: failed" in text
    assert LIVE_KEY not in window.html
    session.ledger.close()


def test_who_is_stuck_live_goes_on_in_practice_and_back(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: NO_CREDIT})
    click(window, "switch", mode="practice")
    assert "PRACTICE" in window.html
    assert "pp-problem" not in window.html
    practice = window.session
    click(window, "switch", mode="live")
    assert window.session is session
    assert "LIVE" in window.html
    session.ledger.close()
    practice.ledger.close()


def test_live_the_band_shows_what_is_spent_as_an_amount(tmp_path: Path) -> None:
    session: Any = FakeSession(tmp_path, mode="live", language="en")
    spend(session, "1.5")
    assert "Spent so far this month: $1.50" in opened(session).html
    session.ledger.close()


def test_the_account_written_down_and_the_admin_key_go_into_the_next_climb(session: Any) -> None:
    window = at_key_step(session)
    click(window, "write_down", organization=" org-mine ", project="")
    click(window, "admin_key", {"admin_key": ADMIN_KEY})
    assert ADMIN_KEY not in window.html
    click(window, "check", {"key": PRACTICE_KEY})
    assert session.checkup.options["written"] == NotedAccount("org-mine", None)
    assert session.checkup.options["admin_key"].get_secret_value() == ADMIN_KEY


def test_an_ordinary_key_is_not_taken_for_an_admin_key(session: Any) -> None:
    window = at_key_step(session)
    click(window, "admin_key", {"admin_key": PRACTICE_KEY})
    assert session.linking.admin_key is None
    assert "pp-problem" in window.html


def test_a_running_check_is_stopped_at_once(session: Any) -> None:
    later: list[Any] = []
    window = SetupWindow(session, run=lambda function, then, failed: later.append((function, then)))
    click(window, "go", step="key")
    click(window, "check", {"key": PRACTICE_KEY})
    assert 'data-interrupts=""' in window.html
    run_check = later[-1][0]
    click(window, "consent")  # everything else waits for the work to end
    assert len(later) == 2
    seen: list[bool] = []

    def run(_key: object, **options: Any) -> list[Any]:
        seen.append(options["cancelled"]())
        click(window, "stop")
        seen.append(options["cancelled"]())
        return []

    session.checkup.run = run
    run_check()
    assert seen == [False, True]


def test_a_check_stopped_between_two_rungs_says_so(session: Any) -> None:
    session.checkup.stopped_at = Rung.MODEL
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    assert "La verifica è stata interrotta" in window.html


def test_who_cannot_paste_is_shown_other_ways(session: Any) -> None:
    window = at_key_step(session)
    click(window, "cannot_paste")
    assert "ppkit.key()" in window.html


def test_a_look_that_fails_does_not_cover_what_the_person_is_doing(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})

    def gone() -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(session.platform, "state", gone)
    click(window, "look")
    assert "pp-problem" not in window.html
    assert 'data-action="consent"' in window.html


def test_every_key_there_is_can_be_seen_masked_switched_and_forgotten(tmp_path: Path) -> None:
    session: Any = FakeSession(tmp_path, OPENAI_API_KEY=f"{PRACTICE_KEY[:-4]}AAAA")
    session.linking.saved.save(ApiKey(f"{PRACTICE_KEY[:-4]}BBBB"), "Cliente B")
    window = at_key_step(session)
    click(window, "go", step="link")
    assert "sk-…AAAA" in window.html
    assert "sk-…BBBB" in window.html
    assert window.html.count('data-action="use_key"') == 1
    click(window, "use_key", name="Cliente B")
    assert session.linked_key.last4 == "BBBB"
    click(window, "forget_key", name="Cliente B")
    assert "sk-…BBBB" not in window.html


def test_live_on_binder_its_own_rule_comes_first_and_nothing_is_stored(tmp_path: Path) -> None:
    session: Any = FakeSession(
        tmp_path, mode="live", language="en", BINDER_LAUNCH_HOST="https://mybinder.org/"
    )
    window = opened(session)
    assert "mybinder.org" in window.html
    assert 'name="key"' not in window.html
    click(window, "binder_read")
    click(window, "go", step="key")
    assert 'name="key"' in window.html
    click(window, "check", {"key": LIVE_KEY})
    click(window, "go", step="link")
    assert 'name="store"' not in window.html
    session.ledger.close()


@pytest.mark.parametrize("rung", list(Rung))
def test_whichever_rung_falls_the_key_is_nowhere(
    session: Any, outbound: list[object], tmp_path: Path, rung: Rung
) -> None:
    session.checkup.broken = {rung: Diagnosis("unexpected", {}, {"exception": "Whatever"})}
    window = at_key_step(session)
    click(window, "check", {"key": f'OPENAI_API_KEY="{PRACTICE_KEY}"\n'})
    for action in (
        "check_again",
        "consent",
        "try_image",
        "hint",
        "wait",
        "stop",
        "stop_waiting",
        "cannot_paste",
    ):
        click(window, action)
    assert session.checkup.keys
    for place in (window.get_state(), outbound, repr(window), vars(window), vars(window._check)):
        assert "CANARYCANARY" not in repr(place)
    assert all(path.is_dir() or b"CANARYCANARY" not in path.read_bytes() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    "pasted",
    [
        PRACTICE_KEY[:30],
        f"{PRACTICE_KEY} {PRACTICE_KEY[:-1]}X",
        PRACTICE_KEY.replace("C", "С"),
        f"https://example.com/?key={PRACTICE_KEY}",
        f"anna@example.com {PRACTICE_KEY}",
        PRACTICE_KEY.replace("practice-", "proj-"),
    ],
)
def test_a_damaged_paste_is_nowhere_either(session: Any, outbound: list[object], pasted: str) -> None:
    window = at_key_step(session)
    click(window, "check", {"key": pasted})
    for place in (window.get_state(), outbound, vars(window), vars(window._check)):
        assert "CANARYCANARY" not in repr(place)


def test_a_key_of_a_form_that_nobody_knows_is_tried_with_a_remark(tmp_path: Path) -> None:
    session: Any = FakeSession(tmp_path, mode="live", language="en")
    window = opened(session)
    click(window, "go", step="key")
    click(window, "check", {"key": "sk-nextyear-" + "Ab3xYz9_" * 6})
    assert Texts("en")("keys.remark.unknown_format") in window.html
    assert session.checkup.keys
    session.ledger.close()


def test_a_key_that_cannot_be_kept_is_linked_for_this_session_and_that_is_said(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise KeyringIsLocked

    monkeypatch.setattr(session.linking.saved, "save", locked)
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "go", step="link")
    click(window, "link", store="yes")
    assert "pp-problem" in window.html
    checks = {check.name: check.evidence.label for check in session.wizard.steps[3].checks}
    assert checks["link.linked"] == "practised"


def test_an_image_is_paid_for_alone_and_its_failure_stays_until_it_is_tried_again(session: Any) -> None:
    session.checkup.broken = {Rung.IMAGES: Diagnosis("organization_not_verified", {}, {"status": 403})}
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "consent")
    assert session.checkup.paid == [Rung.CREDIT]
    assert "La chiave funziona" in window.html
    click(window, "try_image")
    assert session.checkup.paid == [Rung.CREDIT]  # the text's credit was proven already
    assert "va verificata" in window.html
    click(window, "check_again")  # looks at all that is free
    assert "va verificata" in window.html
    assert "La chiave funziona" in window.html
    session.checkup.broken = {}
    click(window, "try_image")
    assert session.checkup.paid == [Rung.CREDIT, Rung.IMAGES]
    assert "pp-problem" not in window.html


def test_consent_is_to_what_was_shown_and_no_more(session: Any) -> None:
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    offer = window._check.findings[Rung.CREDIT].facts
    window._check.findings[Rung.CREDIT] = Finding(
        Rung.CREDIT, State.SKIPPED, facts={**offer, "highest_cost": Money.usd("0.000001")}
    )
    click(window, "consent")
    assert session.checkup.paid == []
    assert 'data-action="consent"' in window.html


def test_a_problem_stays_while_other_things_are_done(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: NO_CREDIT})
    click(window, "write_down", organization="org-mine", project="")
    assert 'data-action="check_again"' in window.html
    click(window, "go", step="credit")
    assert "pp-problem" in window.html
    session.ledger.close()


def test_in_practice_another_cause_is_another_lesson(session: Any) -> None:
    session.checkup.broken = {Rung.RIGHTS: NO_CREDIT}
    session.platform.found = EVERYTHING_DONE | {"purchases": [], "payment_method": None}
    window = opened(session)
    click(window, "check", {"key": PRACTICE_KEY})
    assert "non c’è mai stato credito" in window.html
    session.platform.found = session.platform.found | {
        "purchases": [{"status": "declined", "created_at": "2026-11-23"}]
    }
    click(window, "check_again")
    assert "La carta non è stata accettata" in window.html


def test_a_rehearsed_failure_is_told_as_one_until_it_is_switched_off(session: Any) -> None:
    session.checkup.broken = {Rung.RIGHTS: Diagnosis("server_error", {}, {"status": 500})}
    window = at_key_step(session)
    session.platform.found = EVERYTHING_DONE | {"faults": ["server_error"]}
    click(window, "check", {"key": PRACTICE_KEY})
    assert Texts("it")("setup.rehearsed") in window.html
    assert 'data-practice-path="faults?language=it"' in window.html
    session.platform.found = EVERYTHING_DONE
    click(window, "look")  # the user comes back from there
    assert Texts("it")("setup.rehearsed") not in window.html
    assert "pp-problem" in window.html  # until it is checked again


def test_a_failure_that_is_on_but_not_met_is_not_held_responsible(session: Any) -> None:
    session.checkup.broken = {Rung.RIGHTS: NO_CREDIT}
    window = at_key_step(session)
    session.platform.found = EVERYTHING_DONE | {"faults": ["server_error"]}
    click(window, "check", {"key": PRACTICE_KEY})
    assert "pp-problem" in window.html
    assert Texts("it")("setup.rehearsed") not in window.html


def test_nobody_waits_to_hear_whether_a_failure_is_rehearsed(session: Any) -> None:
    later: list[Any] = []
    session.platform.found = EVERYTHING_DONE | {"faults": ["server_error"]}
    session.checkup.broken = {Rung.RIGHTS: Diagnosis("server_error", {}, {"status": 500})}
    window = SetupWindow(session, run=lambda function, then, _failed: later.append((function, then)))
    later.clear()  # the look at the opening of the window
    click(window, "check", {"key": PRACTICE_KEY})
    run_check, checked = later.pop()
    checked(run_check())
    assert not window.working
    assert "pp-problem" in window.html
    assert Texts("it")("setup.rehearsed") not in window.html
    ask, told = later.pop()
    told(ask())
    assert Texts("it")("setup.rehearsed") in window.html


def test_live_nothing_is_rehearsed(tmp_path: Path) -> None:
    session, window = live_key_step(tmp_path, {Rung.RIGHTS: Diagnosis("server_error", {}, {"status": 500})})
    assert "pp-problem" in window.html
    assert Texts("en")("setup.rehearsed") not in window.html
    session.ledger.close()


def test_a_key_that_the_platform_refused_is_not_linked(session: Any) -> None:
    session.checkup.broken = {Rung.SIGN_IN: Diagnosis("wrong_key", {}, {"status": 401})}
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "go", step="link")
    assert 'data-action="link"' not in window.html
    click(window, "link")
    assert session.linked_key is None


def test_a_checked_key_takes_the_place_of_the_one_in_use(session: Any) -> None:
    session.link(ApiKey("sk-practice-" + "OLDOLD" * 8))
    window = at_key_step(session)
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "go", step="link")
    click(window, "link")
    assert session.linked_key.get_secret_value() == PRACTICE_KEY


def test_what_practice_tells_late_does_not_count_for_live(tmp_path: Path) -> None:
    (tmp_path / "practice").mkdir()
    live: Any = FakeSession(tmp_path, mode="live", language="en")
    practising: Any = FakeSession(tmp_path / "practice", language="en")
    practising.platform.found = EVERYTHING_DONE
    later: list[Any] = []
    may_switch(live, practising)
    window = SetupWindow(live, run=lambda function, then, failed: later.append((function, then)))
    click(window, "switch", mode="practice")
    click(window, "switch", mode="live")
    for function, then in later:
        then(function())
    assert [step.evidence.label for step in live.wizard.steps] == ["todo"] * 4
    live.ledger.close()
    practising.ledger.close()


def test_a_key_typed_where_an_account_belongs_is_refused_and_nowhere(
    session: Any, outbound: list[object], tmp_path: Path
) -> None:
    window = at_key_step(session)
    for field in ("organization", "project"):
        typed: Any = {"organization": "", "project": "", field: PRACTICE_KEY}
        click(window, "write_down", **typed)
        assert "pp-problem" in window.html
    for place in (window.get_state(), outbound, vars(window)):
        assert "CANARYCANARY" not in repr(place)
    assert all(path.is_dir() or b"CANARYCANARY" not in path.read_bytes() for path in tmp_path.rglob("*"))


def test_automatic_recharge_that_goes_on_is_said_and_kept_only_on_the_users_word(session: Any) -> None:
    session.platform.found = EVERYTHING_DONE | {"auto_recharge": True}
    window = opened(session)
    click(window, "go", step="credit")
    assert "La ricarica automatica è attiva." in window.html
    click(window, "declare", check="credit.auto_recharge_chosen")
    assert "La ricarica automatica è attiva." not in window.html


def test_automatic_recharge_that_is_off_is_nothing_to_talk_about(session: Any) -> None:
    session.platform.found = EVERYTHING_DONE | {"auto_recharge": False}
    window = opened(session)
    click(window, "go", step="credit")
    assert "ricarica automatica è attiva" not in window.html


def test_the_verdict_comes_first_with_the_way_on_and_the_rungs_are_folded(session: Any) -> None:
    session.platform.found = EVERYTHING_DONE
    window = opened(session)
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "consent")
    verdict = window.html.partition('class="pp-verdict"')[2]
    assert verdict.index("La chiave funziona") < verdict.index("Continua") < verdict.index("<details")
    assert 'class="pp-ladder"' in verdict.partition("<details")[2]
    first = re.search(r'data-result="([^"]*)"', window.html)
    click(window, "check_again")
    again = re.search(r'data-result="([^"]*)"', window.html)
    assert first
    assert again
    assert first[1] != again[1]  # a new verdict, even if it says the same, is brought into sight


def test_a_key_that_a_restart_has_lost_is_asked_for_again_and_why(session: Any) -> None:
    session.platform.found = EVERYTHING_DONE
    session.wizard.record("link.linked", key=ApiKey(PRACTICE_KEY))
    window = opened(session)
    for step in ("key", "link"):
        click(window, "go", step=step)
        assert "era solo nella memoria della sessione" in window.html


def test_after_a_key_that_is_refused_the_field_for_another_is_at_hand(session: Any) -> None:
    session.checkup.broken = {Rung.SIGN_IN: Diagnosis("wrong_key", {}, {})}
    window = opened(session)
    click(window, "check", {"key": PRACTICE_KEY})
    assert '<input class="pp-input pp-input-secret" id="pp-key"' in window.html
    assert "Verifica un’altra chiave" not in window.html
    session.checkup.broken = {}
    click(window, "check_again")
    assert "Verifica un’altra chiave" in window.html
