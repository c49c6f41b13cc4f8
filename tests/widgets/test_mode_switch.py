"""One switch turns the whole page to the other mode: every window together, with what belongs to the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ppkit import current_session
from ppkit.checkup import Diagnosis, Rung
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.widgets import windows
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.window import Window
from ppkit.widgets.base.window_group import window_group_of
from ppkit.widgets.costs.costs_window import CostsWindow
from ppkit.widgets.course.course_window import CourseWindow
from ppkit.widgets.course.drills_window import DrillsWindow
from ppkit.widgets.course.handover_window import HandoverWindow
from ppkit.widgets.course.lesson_window import LessonWindow
from ppkit.widgets.setup.for_real_window import ForRealWindow
from ppkit.widgets.setup.key_rotation_window import KeyRotationWindow
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import PRACTICE_KEY, FakeSession, click, may_switch, send
from .test_setup_window import EVERYTHING_DONE, LIVE_KEY

KINDS: tuple[Callable[..., Window], ...] = (
    CourseWindow,
    SetupWindow,
    ForRealWindow,
    AssistantWindow,
    CostsWindow,
    KeyRotationWindow,
    DrillsWindow,
    HandoverWindow,
)


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Any]:
    made = FakeSession(tmp_path, language="en")
    yield made
    made.ledger.close()


@pytest.fixture
def live(tmp_path: Path, practice: Any) -> Iterator[Any]:
    made = FakeSession(tmp_path, mode="live", language="en")
    may_switch(practice, made)
    yield made
    made.ledger.close()


def to(mode: str, window: Window) -> None:
    click(window, "switch", mode=mode)


def test_every_window_of_the_page_turns_together_and_back(practice: Any, live: Any) -> None:
    page = [kind(practice, at_once) for kind in KINDS]
    to("live", page[0])
    assert [window.session for window in page] == [live] * len(page)
    assert [">LIVE<" in window.html and ">PRACTICE<" not in window.html for window in page] == [True] * len(
        page
    )
    to("practice", page[-1])
    assert [window.session for window in page] == [practice] * len(page)
    assert not any(">LIVE<" in window.html for window in page)


def test_the_switch_says_which_mode_is_on_and_what_it_means(practice: Any, live: Any) -> None:
    head = LessonWindow(practice, "real", at_once)
    assert 'data-mode="practice" aria-pressed="true"' in head.html
    assert "Nothing here costs money." in head.html
    to("live", head)
    assert 'data-mode="live" aria-pressed="true"' in head.html
    assert "real money" in head.html
    assert 'data-say="Every window is in live mode now' in head.html


@pytest.mark.parametrize("name", ["connect", "create", "costs", "mend"])
def test_what_holds_in_one_mode_is_said_in_the_head_of_the_lesson_and_turns_with_it(
    practice: Any, live: Any, name: str
) -> None:
    """Live, every lesson of practice says that this is real and where it counts."""
    head = LessonWindow(practice, name)
    rehearsed = Texts("en")("lesson.practice.connect")
    assert (rehearsed in head.html) is (name == "connect")
    assert "You are live" not in head.html
    to("live", head)
    assert rehearsed not in head.html
    assert "This lesson counts in practice mode" in head.html


def test_only_in_practice_one_is_asked_to_replace_the_key_with_a_mistake(practice: Any, live: Any) -> None:
    for session in (practice, live):
        session.link(ApiKey(PRACTICE_KEY if session is practice else LIVE_KEY))
    window = KeyRotationWindow(practice, at_once)
    mistake = Texts("en")("key_rotation.start.mistakes")
    assert mistake in window.html
    to("live", window)
    assert Texts("en")("key_rotation.start.heading") in window.html
    assert mistake not in window.html


def test_language_lesson_and_wishes_go_along(practice: Any, live: Any) -> None:
    head = LessonWindow(practice, "create", at_once)
    assistant = AssistantWindow(practice, at_once)
    click(assistant, "wish", topic="Aperitivo", network="linkedin")
    click(head, "speak", language="it")
    to("live", head)
    group = window_group_of(live)
    assert (group.language, group.lesson, group.wishes["topic"]) == ("it", "create", "Aperitivo")
    assert group.channel == window_group_of(practice).channel  # pages of their own still find each other
    assert "Aperitivo" in assistant.html
    assert AssistantWindow(live, at_once).wishes["network"] == "linkedin"


def test_what_was_made_in_one_mode_is_not_shown_in_the_other(practice: Any, live: Any) -> None:
    assistant = AssistantWindow(practice, at_once)
    click(assistant, "write", topic="Aperitivo")
    click(assistant, "draw")
    assert 'class="pp-post-text"' in assistant.html
    to("live", assistant)
    assert 'class="pp-post-text"' not in assistant.html
    assert assistant.pictures == {}


def test_going_live_spends_nothing_and_asks_the_platform_nothing(practice: Any, live: Any) -> None:
    page = [kind(practice, at_once) for kind in KINDS]
    to("live", page[0])
    assert (live.openai.bodies, live.checkup.keys, live.ledger.totals().calls) == ([], [], 0)


def test_who_comes_back_finds_the_key_that_was_on_the_table(practice: Any, live: Any) -> None:
    window = SetupWindow(live, at_once)
    click(window, "go", step="key")
    click(window, "check", {"key": LIVE_KEY})
    to("practice", window)
    assert LIVE_KEY[-4:] not in window.html
    to("live", window)
    click(window, "go", step="link")
    click(window, "link")
    assert live.linked_key.get_secret_value() == LIVE_KEY
    assert practice.linked_key is None


def test_while_a_window_is_at_work_nothing_is_switched_and_a_card_says_why(practice: Any, live: Any) -> None:
    later: list[Callable[[], None]] = []
    head = LessonWindow(practice, "create", at_once)
    assistant = AssistantWindow(
        practice, lambda function, then, failed: later.append(lambda: then(function()))
    )
    later.clear()
    click(assistant, "write", topic="Aperitivo")
    to("live", head)
    assert (head.session, assistant.session) == (practice, practice)
    assert head.card
    assert head.card.code == "switch_while_working"
    assert 'data-action="switch" data-mode="live"' in head.html.partition("pp-problem")[2]
    later.pop()()
    to("live", head)
    assert [window.session for window in (head, assistant)] == [live, live]
    assert "pp-problem" not in head.html


def test_what_was_given_up_and_ends_after_the_switch_is_not_shown(practice: Any, live: Any) -> None:
    later: list[Callable[[], None]] = []
    assistant = AssistantWindow(
        practice, lambda function, then, failed: later.append(lambda: then(function()))
    )
    later.clear()
    click(assistant, "write", topic="Aperitivo")
    click(assistant, "stop")
    to("live", assistant)
    for ends in later:
        ends()
    assert 'class="pp-post-text"' not in assistant.html


def test_keys_that_practice_lists_late_are_not_taken_for_those_of_the_account(
    practice: Any, live: Any
) -> None:
    later: list[Callable[[], None]] = []

    def late(function: Callable[[], Any], then: Callable[[Any], None], failed: object) -> None:
        assert failed
        later.append(lambda: then(function()))

    listed = {
        "id": "k",
        "name": "n",
        "redacted": "sk-…abcd",
        "project": "p",
        "last_used_at": None,
        "active": 1,
    }
    practice.platform.found = {"keys": [listed]}
    practice.platform.port = 8123
    window = KeyRotationWindow(practice, late)
    to("live", window)
    for ends in later:
        ends()
    assert window._listed is None
    assert window._port is None


def test_a_window_that_rested_meanwhile_catches_up_and_does_not_do_what_was_pressed(
    practice: Any, live: Any
) -> None:
    LessonWindow(practice, "costs", at_once)
    resting = CostsWindow(practice, at_once)
    head = LessonWindow(practice, "costs", at_once)  # the lesson was opened once more
    to("live", head)
    assert resting.session is practice
    click(resting, "set_limits", soft="", hard="1")
    assert resting.session is live
    assert ">LIVE<" in resting.html
    assert (practice.budget.get().hard, live.budget.get().hard) == (None, None)


def test_what_was_pressed_on_a_page_of_the_mode_before_is_not_done_in_the_new_one(
    practice: Any, live: Any
) -> None:
    head, costs = LessonWindow(practice, "costs", at_once), CostsWindow(practice, at_once)
    to("live", head)
    assert costs.session is live
    limits = {"action": "set_limits", "fields": {"soft": "", "hard": "0.001"}}
    send(costs, {**limits, "id": "early", "shows": "practice"})
    assert live.budget.get().hard is None
    assert 'data-say="Every window is in live mode now' in costs.html
    send(costs, {**limits, "id": "late", "shows": "live"})
    assert live.budget.get().hard == Money.usd("0.001")


def test_a_problem_of_one_mode_does_not_stand_in_the_other(practice: Any, live: Any) -> None:
    live.checkup.broken = {Rung.SIGN_IN: Diagnosis("wrong_key", {}, {})}
    window = SetupWindow(live, at_once)
    click(window, "go", step="key")
    click(window, "check", {"key": LIVE_KEY})
    to("practice", window)
    assert window.card is None
    to("live", window)
    assert window.card


def test_a_card_of_the_mode_before_is_gone_after_the_switch(practice: Any, live: Any) -> None:
    costs, other = CostsWindow(practice, at_once), AssistantWindow(practice, at_once)
    click(costs, "set_limits", soft="", hard="much")
    assert "pp-problem" in costs.html
    to("live", other)
    assert "pp-problem" not in costs.html


def test_every_continue_in_practice_turns_the_whole_page(practice: Any, live: Any) -> None:
    live.checkup.broken = {Rung.SIGN_IN: Diagnosis("wrong_key", {}, {})}
    costs, window = CostsWindow(live, at_once), SetupWindow(live, at_once)
    click(window, "go", step="key")
    click(window, "check", {"key": LIVE_KEY})
    assert 'data-action="switch" data-mode="practice"' in window.html
    to("practice", window)
    assert costs.session is practice
    # Without a map or a lesson's head on the page, the way back stands in the window itself.
    assert 'data-action="switch" data-mode="live"' in window.html


def test_live_no_button_takes_over_what_the_practice_platform_tells(practice: Any, live: Any) -> None:
    live.platform.found = EVERYTHING_DONE
    click(SetupWindow(live, at_once), "look_again")
    assert live.progress.facts.checks == frozenset()


def test_a_mode_that_does_not_exist_changes_nothing(practice: Any, live: Any) -> None:
    head = LessonWindow(practice, "connect", at_once)
    to("dream", head)
    assert head.session is practice
    assert head.card


@pytest.mark.parametrize(
    ("sign", "place"), [("BINDER_LAUNCH_HOST", "binder"), ("PPKIT_STATIC_PAGE", "static_page")]
)
def test_in_a_public_place_the_switch_says_why_not_and_where_instead(
    tmp_path: Path, sign: str, place: str
) -> None:
    signs: dict[str, Any] = {sign: "https://public.example"}
    public: Any = FakeSession(tmp_path, language="en", **signs)
    may_switch(public, FakeSession(tmp_path, mode="live", language="en"))
    for opened in (lambda: LessonWindow(public, "real", at_once), lambda: CourseWindow(public, at_once)):
        window = opened()
        assert 'data-mode="live" aria-pressed="false" aria-disabled="true"' in window.html
        assert Texts("en")(f"mode.live.not_here.{place}") in window.html
        to("live", window)
        assert window.session is public
        assert window.card
        assert window.card.code == "live_not_here"
    invitation = ForRealWindow(public, at_once)
    assert 'class="pp-button"' not in invitation.html
    assert "your own computer" in invitation.html
    public.ledger.close()


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(current_session, "_open", {})
    monkeypatch.setattr(current_session, "_in_force", current_session._ModeInForce())
    yield
    for opened in current_session._open.values():
        opened.ledger.close()


@pytest.mark.usefixtures("own_folder")
def test_cells_and_lessons_opened_later_stay_in_the_mode_chosen() -> None:
    assert current_session.session().mode == "practice"
    head: Any = windows.lesson("costs")
    to("live", head)
    assert current_session.session().mode == "live"
    later: Any = windows.costs()
    assert later.session is current_session.session()
    to("practice", later)
    assert current_session.session().mode == head.session.mode == "practice"


@pytest.mark.usefixtures("own_folder")
def test_a_mode_that_cannot_be_entered_leaves_the_one_before_in_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise OSError

    current_session.enter("live")
    monkeypatch.setattr(current_session, "practice", missing)
    with pytest.raises(OSError):  # noqa: PT011
        current_session.enter("practice")
    assert current_session.session().mode == "live"


def test_the_key_of_practice_is_never_in_a_live_window(practice: Any, live: Any) -> None:
    window = SetupWindow(practice, at_once)
    click(window, "go", step="key")
    click(window, "check", {"key": PRACTICE_KEY})
    click(window, "link")
    to("live", window)
    assert live.linked_key is None
    assert "CANARY" not in repr(window.get_state())
