"""The window of the drill: it follows `session.key_rotation`, and neither key enters the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ppkit.checkup import Diagnosis, Rung
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.onboarding import PlatformKey, Stage
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.setup.key_rotation_window import KeyRotationWindow
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import FakeProjectKeys, FakeSession, click, spend

# Put together here, so that no scanner takes this file for a leak.
OLD = ApiKey("sk-practice-" + "CANARYOLDX" * 4 + "xxxxoldK")
NEW = ApiKey("sk-practice-" + "CANARYNEWX" * 4 + "xxxxnewK")

OLD_LIVE = ApiKey("sk-proj-" + "CANARY-o1D" * 7 + "w_yZ" + "T3Blbk" + "FJ" + "c3D4-CANAR" * 7 + "y_oldK")
ADMIN = ApiKey("sk-practice-admin-" + "CANARYADMX" * 4 + "CANARYAD")


class NoSuchKey(Exception):
    """The platform's answer to a revoked key, as the SDK raises it."""

    status_code, code, message = 401, "invalid_api_key", "Incorrect API key provided"
    type = "invalid_request_error"


def on_platform(session: Any, *keys: ApiKey) -> None:
    session.platform.found = {
        "keys": [
            {
                "id": f"key_{key.last4}",
                "name": f"PostPickr-AI {key.last4}",
                "redacted": f"sk-practice-...{key.last4}",
                "project": "proj_1",
                "active": True,
                "last_used_at": None,
            }
            for key in keys
        ]
    }
    session.openai.deaf_to = {key: NoSuchKey() for key in (OLD, NEW) if key not in keys}


def managed(session: Any, *keys: ApiKey) -> FakeProjectKeys:
    shown = [
        PlatformKey(f"key_{key.last4}", "PostPickr-AI", f"sk-...{key.last4}", "proj_1", "Clienti")
        for key in keys
    ]
    session.managed = FakeProjectKeys(shown)
    session.linking.adopt_admin(ADMIN)
    return session.managed  # type: ignore[no-any-return]


def opened(session: Any) -> KeyRotationWindow:
    return KeyRotationWindow(session, run=at_once)


def begun(session: Any) -> KeyRotationWindow:
    session.link(OLD)
    on_platform(session, OLD)
    window = opened(session)
    click(window, "begin")
    return window


def created(session: Any) -> KeyRotationWindow:
    window = begun(session)
    on_platform(session, OLD, NEW)
    click(window, "look_again")
    return window


def swapped(session: Any) -> KeyRotationWindow:
    window = created(session)
    click(window, "swap", {"key": NEW.get_secret_value()})
    return window


def proved(session: Any) -> KeyRotationWindow:
    window = swapped(session)
    click(window, "consent")
    return window


def revoked(session: Any) -> KeyRotationWindow:
    window = proved(session)
    on_platform(session, NEW)
    click(window, "look")
    return window


def filled_buttons(window: KeyRotationWindow) -> list[str]:
    return re.findall(r'class="(pp-button(?: pp-button-danger)?)"', window.html)


def filled(window: KeyRotationWindow) -> list[str]:
    return re.findall(r'<(?:a|button)\b[^>]*class="pp-button"[^>]*>', window.html)


def stage(window: KeyRotationWindow) -> str:
    (found,) = re.findall(r'data-focus="(\w+)"', window.html)
    return str(found)


def test_it_opens_with_the_key_in_use_and_one_thing_to_do(session: Any) -> None:
    session.link(OLD)
    on_platform(session, OLD)
    window = opened(session)
    assert stage(window) == "start"
    assert "Sostituisci sk-…oldK" in window.html
    assert len(filled_buttons(window)) == 1


def test_without_a_key_the_way_leads_to_the_window_that_links_one_or_to_its_lesson(session: Any) -> None:
    window = KeyRotationWindow(session, run=at_once)
    assert "data-lesson" not in window.html  # there are no lessons around
    assert "ppkit.setup()" in window.html
    assert ['data-action="begin_without"' in one for one in filled(window)] == [True]
    window.window_group.lesson = "costs"
    window.redraw()
    assert ["data-lesson" in one for one in filled(window)] == [True]
    links = re.findall(r'<a [^>]*href="([^"]+)"[^>]*data-lesson', window.html)
    assert [link.rpartition("/")[2] for link in links] == ["01_collega_la_chiave.ipynb"]
    assert 'data-go-to="setup"' not in window.html
    SetupWindow(session, at_once)
    window.redraw()
    assert 'data-go-to="setup"' in window.html


@pytest.mark.parametrize("reach", [begun, created, swapped, proved, revoked])
def test_every_screen_has_one_heading_and_one_filled_button(session: Any, reach: Any) -> None:
    window = reach(session)
    assert window.html.count("<h2") == 1
    assert len(filled_buttons(window)) == 1
    click(window, "speak", language="en")
    assert window.html.count("<h2") == 1


def test_the_whole_drill_in_practice(session: Any) -> None:
    window = revoked(session)
    assert stage(window) == "dead"
    click(window, "ask_old")
    assert (stage(window), "pp-problem" in window.html) == ("done", False)
    assert session.linked_key == NEW
    assert [view.evidence.label for view in session.key_rotation.stages] == ["practised"] * 5


def test_the_cost_of_the_proof_is_shown_before_it_is_paid(session: Any) -> None:
    window = swapped(session)
    assert "0,000011 USD" in window.html
    assert stage(window) == "proved"
    assert session.wizard.steps[2].evidence.label == "todo"  # what the old key proved is not the new one's
    click(window, "consent")
    assert stage(window) == "revoked"
    assert session.wizard.steps[2].evidence.label == "practised"


def test_a_post_written_with_the_new_key_is_noticed(session: Any) -> None:
    window = swapped(session)
    spend(session, "0.01", key=f"…{NEW.last4}")
    window.redraw()
    assert stage(window) == "revoked"


def test_pasting_the_old_key_again_is_a_card_and_changes_nothing(session: Any) -> None:
    window = created(session)
    click(window, "swap", {"key": f"  {OLD.get_secret_value()}\n"})
    assert "Questa è la chiave vecchia" in window.html
    assert len(filled_buttons(window)) == 1
    assert session.linked_key == OLD
    assert session.checkup.keys == []


def test_a_masked_key_is_refused_before_anything_is_asked(session: Any) -> None:
    window = created(session)
    click(window, "swap", {"key": "sk-practice-...newK"})
    assert "pp-problem" in window.html
    assert session.checkup.keys == []


def test_a_key_that_is_not_recognised_does_not_take_the_old_ones_place(session: Any) -> None:
    session.checkup.broken = {Rung.SIGN_IN: Diagnosis("wrong_key", {}, {"status": 401})}
    window = swapped(session)
    assert stage(window) == "swapped"
    assert "pp-problem" in window.html
    assert session.linked_key == OLD


def held(session: Any) -> tuple[KeyRotationWindow, list[Any]]:
    """The drill at the moment of the swap, with its work waiting to be done."""
    on_platform(session, OLD)
    window = created(session)
    works: list[Any] = []
    window._run = lambda function, then, failed: works.append((function, then))
    return window, works


def finish(works: list[Any]) -> None:
    function, then = works.pop()
    then(function())


def test_a_running_check_can_be_stopped_and_then_nothing_is_swapped(session: Any) -> None:
    window, works = held(session)
    click(window, "swap", {"key": NEW.get_secret_value()})
    button = re.search(r"<button[^>]*data-interrupts.*?</button>", window.html)
    assert button
    assert 'data-action="stop"' in button[0]
    assert "Ferma la verifica" in button[0]
    click(window, "stop")
    finish(works)
    assert "La verifica è stata interrotta" in window.html
    assert "data-interrupts" not in window.html
    assert (stage(window), session.linked_key) == ("swapped", OLD)
    click(window, "speak", language="en")
    assert "The check was stopped" in window.html
    click(window, "swap", {"key": NEW.get_secret_value()})
    finish(works)
    assert (stage(window), session.linked_key) == ("proved", NEW)  # the stop was for one check only


@pytest.mark.parametrize("rung", [Rung.REACH, Rung.MODEL, Rung.LIMITS])
def test_a_check_stopped_at_any_rung_leaves_the_old_key_in_use(session: Any, rung: Rung) -> None:
    session.checkup.stopped_at = rung
    window = swapped(session)
    assert "La verifica è stata interrotta" in window.html
    assert session.linked_key == OLD


def test_a_stopped_proof_can_be_begun_again(session: Any) -> None:
    window = swapped(session)
    session.checkup.stopped_at = Rung.CREDIT
    click(window, "consent")
    assert stage(window) == "proved"
    assert session.checkup.paid == []
    card = window.html.split('class="pp-problem"')[1]
    assert "interrotta" in card
    assert 'data-action="price"' in card
    assert len(filled_buttons(window)) == 1


def test_what_was_paid_for_before_the_stop_is_a_proof(session: Any) -> None:
    window = swapped(session)
    session.checkup.stopped_at = Rung.LIMITS
    click(window, "consent")
    assert stage(window) == "revoked"
    assert "pp-problem" not in window.html


def test_a_failed_proof_keeps_the_old_key_from_being_revoked(session: Any) -> None:
    window = swapped(session)
    session.checkup.broken = {Rung.CREDIT: Diagnosis("no_credit", {}, {"status": 429})}
    click(window, "consent")
    assert stage(window) == "proved"
    card = window.html.split('class="pp-problem"')[1]
    assert 'data-action="price"' in card
    assert "data-copy=" in card
    assert "billing?language=it" in card
    click(window, "declare", stage="revoked")
    assert "ancora" in window.html.split('class="pp-problem"')[1]
    assert stage(window) == "proved"


def test_revoking_the_new_key_by_mistake_offers_the_way_back(session: Any) -> None:
    window = proved(session)
    on_platform(session, OLD)
    click(window, "look")
    assert "La chiave nuova (sk-…newK) non esiste più" in window.html
    assert len(filled_buttons(window)) == 1
    assert stage(window) == "created"
    click(window, "go_back")
    assert session.linked_key == OLD
    assert "pp-problem" not in window.html


def test_revoking_the_old_key_too_early_says_what_to_do_at_once(session: Any) -> None:
    window = created(session)
    on_platform(session, NEW)
    click(window, "look")
    assert "è già revocata" in window.html
    click(window, "swap", {"key": NEW.get_secret_value()})
    click(window, "consent")
    assert stage(window) == "dead"


def test_an_old_key_that_still_answers_is_a_card_with_two_ways_on(session: Any) -> None:
    window = revoked(session)
    on_platform(session, OLD, NEW)
    click(window, "ask_old")
    card = window.html.split('class="pp-problem"')[1]
    assert "funziona ancora" in card
    assert 'data-action="ask_old"' in card
    assert "api-keys?language=it" in card
    assert len(filled_buttons(window)) == 1


def test_no_connection_is_no_proof(session: Any) -> None:
    window = revoked(session)
    session.openai.deaf_to = {OLD: ConnectionError("nobody there")}
    click(window, "ask_old")
    assert stage(window) == "dead"
    assert "pp-problem" in window.html


def test_a_key_that_does_not_work_any_more_cannot_begin_but_the_drill_can(session: Any) -> None:
    session.link(OLD)
    on_platform(session)
    window = opened(session)
    click(window, "begin")
    assert "non funziona già più" in window.html
    click(window, "begin_without")
    assert stage(window) == "created"


def test_a_list_that_comes_late_does_not_make_the_new_key_seem_gone(session: Any) -> None:
    window = created(session)
    number, port, _listed = window._listing()()
    early = number, port, [PlatformKey("key_oldK", "PostPickr-AI", "sk-...oldK")]
    click(window, "swap", {"key": NEW.get_secret_value()})
    window._observed(early)
    window.redraw()
    assert stage(window) == "proved"
    assert "pp-problem" not in window.html


def test_with_an_admin_key_the_old_key_is_revoked_here_after_typing_its_end(session: Any) -> None:
    admin = managed(session, OLD)
    session.link(OLD)
    window = opened(session)
    click(window, "begin")
    managed_now = managed(session, OLD, NEW)
    click(window, "look_again")
    click(window, "swap", {"key": NEW.get_secret_value()})
    click(window, "consent")
    assert 'value="key_oldK" checked' in window.html
    assert 'value="key_newK"' not in window.html  # the one in use cannot be chosen
    click(window, "revoke", key="key_newK", end="newK")
    assert "è quella in uso" in window.html
    click(window, "revoke", key="key_oldK", end="oldk")
    assert "Niente è stato revocato" in window.html
    assert len(filled_buttons(window)) == 1
    click(window, "revoke", key="key_gone", end="oldK")
    assert (admin.revoked, managed_now.revoked) == ([], [])
    click(window, "revoke", key="key_oldK", end="oldK")
    assert managed_now.revoked == ["key_oldK"]
    assert stage(window) == "dead"


def test_live_without_an_admin_key_a_word_is_declared_and_the_end_is_proven(tmp_path: Path) -> None:
    session: Any = FakeSession(tmp_path, mode="live")
    session.link(OLD_LIVE)
    window = opened(session)
    click(window, "begin")
    assert "Spesi finora questo mese: 0,00 USD" in window.html
    assert "platform.openai.com/settings/organization/api-keys" in window.html
    click(window, "declare", stage="created")
    click(window, "swap", {"key": "sk-proj-" + "N" * 52})
    click(window, "consent")
    click(window, "declare", stage="revoked")
    labels = [view.evidence.label for view in session.key_rotation.stages]
    assert labels == ["verified", "verified", "verified", "declared", "todo"]
    session.openai.deaf_to = {OLD_LIVE: NoSuchKey()}
    click(window, "ask_old")
    assert stage(window) == "done"
    session.ledger.close()


def test_live_on_binder_its_rule_comes_before_any_key(tmp_path: Path) -> None:
    session: Any = FakeSession(tmp_path, mode="live", BINDER_LAUNCH_HOST="https://mybinder.org/")
    session.link(OLD_LIVE)
    window = opened(session)
    assert "mybinder" in window.html
    assert 'data-action="begin"' not in window.html
    click(window, "binder_read")
    click(window, "begin")
    click(window, "declare", stage="created")
    assert 'name="store"' not in window.html  # nothing is stored there
    session.ledger.close()


def test_where_the_old_key_is_saved_the_new_one_is_meant_to_take_its_place(session: Any) -> None:
    session.linking.saved.save(OLD)
    window = created(session)
    assert re.search(r'name="store" value="yes" checked', window.html)
    click(window, "swap", {"key": NEW.get_secret_value()})
    assert "La chiave vecchia è scritta anche qui" in window.html
    assert Texts("it")("keys.source.file") in window.html


def test_a_new_kernel_says_what_is_left_and_how_to_go_on(session: Any) -> None:
    proved(session)
    session.restart()
    window = opened(session)
    assert "riavviato a metà" in window.html
    assert "da ricontrollare" in window.html
    click(window, "resume", {"key": OLD.get_secret_value()})
    assert stage(window) == "proved"
    click(window, "price")
    click(window, "consent")
    on_platform(session, NEW)
    click(window, "look")
    click(window, "ask_old")
    assert stage(window) == "done"


def test_a_new_kernel_after_the_revocation_says_that_the_end_cannot_be_proven(session: Any) -> None:
    revoked(session)
    session.restart()
    window = opened(session)
    assert stage(window) == "dead"
    assert "incollarla di nuovo non dimostrerebbe niente" in window.html
    assert 'data-action="ask_old"' not in window.html


def test_without_a_linked_key_the_drill_says_what_will_be_missing(session: Any) -> None:
    on_platform(session, OLD)
    window = opened(session)
    assert "mancherà solo l’ultima prova" in window.html
    assert len(filled_buttons(window)) == 1
    click(window, "begin_without")
    assert stage(window) == "created"


def test_what_comes_out_of_order_is_a_card_at_worst(session: Any) -> None:
    session.link(OLD)
    on_platform(session, OLD)
    window = opened(session)
    for action in ("consent", "price", "go_back", "ask_old", "look_again", "restart"):
        click(window, action)
    click(window, "revoke", key="key_oldK", end="oldK")
    click(window, "swap", {"key": NEW.get_secret_value()})
    click(window, "declare", stage="dead")
    click(window, "declare", stage="nonsense")
    assert stage(window) == "start"
    assert session.linked_key == OLD
    assert all(view.evidence.label == "todo" for view in session.key_rotation.stages)


def test_the_canaries_are_nowhere(session: Any, outbound: list[object], tmp_path: Path) -> None:
    window = created(session)
    click(window, "swap", {"key": OLD.get_secret_value()})
    click(window, "swap", {"key": NEW.get_secret_value()})
    for action in ("consent", "look", "price"):
        click(window, action)
    on_platform(session, NEW)
    for action in ("look", "ask_old", "speak"):
        click(window, action, language="en")
    assert stage(window) == "done"  # it really went all the way
    session.restart()
    click(opened(session), "resume", {"key": OLD.get_secret_value()})
    drill = session.key_rotation
    shown = [window.get_state(), outbound, vars(window), vars(drill), vars(drill.listed), drill.stages]
    for secret in (OLD.get_secret_value(), NEW.get_secret_value(), "CANARYOLDX", "CANARYNEWX"):
        assert not any(secret in repr(place) for place in (*shown, window))
        for path in tmp_path.rglob("*"):
            assert path.is_dir() or secret.encode() not in path.read_bytes()


def test_every_stage_has_its_texts_in_both_languages(session: Any) -> None:
    window = opened(session)
    for _ in ("it", "en"):
        for name in (*Stage, "start", "done"):
            assert all(window.texts(f"key_rotation.{name}.{part}") for part in ("title", "heading", "intro"))
        click(window, "speak", language="en")
