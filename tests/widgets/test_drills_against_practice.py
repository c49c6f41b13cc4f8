"""Drills with nothing pretended on our side: window, session, official SDK, practice platform behind.

Each failure shows what an app is really answered, is mended as a learner mends it, and leaves no trace on the
learner's own account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ppkit.clock import SystemClock
from ppkit.keys import ApiKey
from ppkit.money import Money
from ppkit.onboarding import Evidence
from ppkit.onboarding.lessons import DRILLS, ENOUGH, Drill, drill_named
from ppkit.onboarding.lessons.drills import Mending
from ppkit.practice_platform import drill_account
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.remote import PracticeNotAnswering
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.drills_window import DrillsWindow

from .fakes import click
from .practice_in_process import PLACE, TOKEN, InProcess, StaysOpen

NAMES = [drill.name for drill in DRILLS]
NO_CREDIT = ("429", "You have no credits remaining.")
SYMPTOMS: dict[str, tuple[str, str]] = {
    "chatgpt_only": NO_CREDIT,
    "hold_only": NO_CREDIT,
    "late_credit": NO_CREDIT,
    "expired_credit": NO_CREDIT,
    "damaged_paste": ("", "codec can&#39;t encode character"),
    "revoked_key": ("401", "Incorrect API key provided"),
    "read_only_key": ("401", "Missing scopes: api.responses.write"),
    "other_project": ("401", "OpenAI-Project header should match project for API key"),
    "not_verified": ("403", "Your organization must be verified to use the model"),
    "limit_reached": ("429", "Your organization has reached its monthly limit."),
}
CARD = ("4242424242424242", "12/40", "123", "Learner")


@pytest.fixture
def platform() -> Iterator[Platform]:
    """The learner's own account, which no drill may touch."""
    found = Platform.open(":memory:", SystemClock())
    found.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    found.billing.give_credits(Money.usd(5))
    yield found
    found.close()


@pytest.fixture
def account() -> Iterator[Platform]:
    """The account that drills have for themselves."""
    found = Platform.open(":memory:", SystemClock())
    yield found
    found.close()


@pytest.fixture
def web(platform: Platform, account: Platform) -> Iterator[TestClient]:
    with StaysOpen(create_app(platform, drill=account, control_token=TOKEN), base_url=PLACE) as client:
        yield client


@pytest.fixture
def session(tmp_path: Path, web: TestClient) -> InProcess:
    return InProcess(tmp_path / "home", web, {})


@pytest.fixture
def window(session: InProcess) -> DrillsWindow:
    return DrillsWindow(session, run=at_once)


def stage(window: DrillsWindow) -> str:
    (found,) = re.findall(r'data-focus="([\w ]+)"', window.html)
    return str(found).rpartition(" ")[2]


def words(window: DrillsWindow) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", window.html))


def known(session: InProcess, drill: Drill) -> Evidence:
    return next(each.once for each in session.course.map.of("mend").exercises if each.check == drill.check)


def buy(account: Platform) -> None:
    account.buy_credits(Money.usd(5))


def add_card_and_buy(account: Platform) -> None:
    account.add_payment_method(*CARD)
    buy(account)


def raise_limit(account: Platform) -> None:
    account.limits.set_limit(1_000)


def verify(account: Platform) -> None:
    account.verification.start("identity_card")


ON_THE_PAGE: dict[str, Callable[[Platform], None]] = {
    "chatgpt_only": add_card_and_buy,
    "hold_only": buy,
    "expired_credit": buy,
    "limit_reached": raise_limit,
    "not_verified": verify,
}


def mend(window: DrillsWindow, drill: Drill, account: Platform) -> None:
    """What the steps on the page say, done by hand."""
    on_the_page = ON_THE_PAGE.get(drill.name)
    if on_the_page:
        on_the_page(account)
    match drill.mending:
        case Mending.NEW_KEY:
            client = next(
                (each.id for each in account.projects.projects() if each.name == "Client Aurora"), None
            )
            click(window, "paste", {"key": account.create_key("Another", client)[1]})
        case Mending.EDIT:
            assert window.window_group.drill_run
            click(window, "edit", text=window.window_group.drill_run.pasted.strip("“”"))
        case Mending.WAIT:
            click(window, "wait")
        case Mending.THERE:
            click(window, "try")


def test_there_are_ten_drills_and_the_platform_knows_them_all() -> None:
    assert sorted(NAMES) == sorted(drill_account.DRILLS)
    assert len(NAMES) == 10


@pytest.mark.parametrize("drill", DRILLS, ids=NAMES)
def test_a_drill_begins_with_what_the_app_is_really_answered(window: DrillsWindow, drill: Drill) -> None:
    status, message = SYMPTOMS[drill.name]
    click(window, "open", drill=drill.name)
    assert stage(window) == "cause"
    assert message in window.html
    assert f"status {status}" in words(window) if status else "status" not in words(window)
    run = window.window_group.drill_run
    assert run
    assert run.answer
    assert (str(run.answer.status or "")) == status


@pytest.mark.parametrize("drill", DRILLS, ids=NAMES)
def test_a_drill_is_mended_by_hand_and_turns_green(
    window: DrillsWindow, session: InProcess, account: Platform, drill: Drill
) -> None:
    click(window, "open", drill=drill.name)
    click(window, "check", cause=drill.name)
    assert stage(window) == "mend"
    mend(window, drill, account)
    assert stage(window) == "done", words(window)
    assert known(session, drill) is Evidence.PRACTISED


@pytest.mark.parametrize("drill", DRILLS, ids=NAMES)
def test_trying_again_without_mending_changes_nothing_and_leaves_every_way_open(
    window: DrillsWindow, session: InProcess, account: Platform, drill: Drill
) -> None:
    click(window, "open", drill=drill.name)
    click(window, "check", cause=drill.name)
    click(window, "try")
    assert stage(window) == "mend"
    assert "Still the same error." in words(window)
    assert known(session, drill) is Evidence.TODO
    mend(window, drill, account)
    assert stage(window) == "done"


@pytest.mark.parametrize("drill", DRILLS, ids=NAMES)
def test_a_solution_can_always_be_shown_and_is_marked_as_shown(
    window: DrillsWindow, session: InProcess, account: Platform, drill: Drill
) -> None:
    click(window, "open", drill=drill.name)
    account.reset()  # whatever a learner may have done to the account
    click(window, "solution")
    assert stage(window) == "done", words(window)
    assert known(session, drill) is Evidence.DECLARED
    assert "Solution seen" in words(window)
    click(window, "again")
    click(window, "check", cause=drill.name)
    mend(window, drill, account)
    assert known(session, drill) is Evidence.PRACTISED


@pytest.mark.parametrize("drill", DRILLS, ids=NAMES)
@pytest.mark.parametrize("is_mended", [True, False], ids=["mended", "left"])
def test_the_learners_own_account_is_as_it_was(
    window: DrillsWindow,
    session: InProcess,
    platform: Platform,
    account: Platform,
    drill: Drill,
    is_mended: bool,
) -> None:
    key = ApiKey(platform.create_key("PostPickr-AI")[1])
    session.link(key)
    before = own_state(session, platform)
    click(window, "open", drill=drill.name)
    if is_mended:
        click(window, "check", cause=drill.name)
        mend(window, drill, account)
    click(window, "leave")
    assert stage(window) == "drills"
    assert own_state(session, platform) == before
    assert account.account() is None  # nothing is left of the drill
    with session.connection.client_for(session.linking.require_key()) as client:
        assert client.responses.create(model="gpt-6-luna", input="Hello").output_text


def own_state(session: InProcess, platform: Platform) -> dict[str, Any]:
    state = session.practice_link.state()
    del state["now"]
    return {
        **state,
        "linked": session.linked_key,
        "limits": platform.limits.limit(),
        "ledger": session.ledger.totals().spent,
        "clock": session.clock.now() - SystemClock().now() < timedelta(minutes=1),
    }


@pytest.mark.parametrize("drill", DRILLS, ids=NAMES)
def test_every_wrong_cause_gets_hints_made_from_the_answer(window: DrillsWindow, drill: Drill) -> None:
    click(window, "open", drill=drill.name)
    run = window.window_group.drill_run
    assert run
    assert run.answer
    answer = str(run.answer.status) if run.answer.status else "the call did not even leave"
    for cause in drill.others:
        click(window, "check", cause=cause)
        assert "One answer is not right." in words(window)
        assert window.texts(f"drill.option.{cause}") in words(window)
        if cause != "damaged_paste":
            assert answer in words(window).partition("Hint 1 of 3.")[2]
    assert "Hint 3 of 3." in words(window)
    click(window, "check", cause=drill.name)
    assert stage(window) == "mend"


def test_no_answer_is_not_a_wrong_one(window: DrillsWindow, session: InProcess) -> None:
    click(window, "open", drill="limit_reached")
    click(window, "check")
    assert "One answer is not right" not in words(window)
    assert "Hint" not in words(window).replace("Hints", "")
    assert session.course.map.of("mend").done == 0


def test_five_drills_of_ten_are_enough(window: DrillsWindow, session: InProcess, account: Platform) -> None:
    assert f"{ENOUGH} of 10 are enough" in words(window)
    for drill in DRILLS[:ENOUGH]:
        click(window, "open", drill=drill.name)
        click(window, "check", cause=drill.name)
        mend(window, drill, account)
    lesson = session.course.map.of("mend")
    assert (lesson.done, lesson.count) == (ENOUGH, ENOUGH + 1 + 5)
    click(window, "leave")
    assert "Enough: 5 fixed." in words(window)


def test_a_key_of_another_account_is_no_way_out_and_no_dead_end(
    window: DrillsWindow, platform: Platform, account: Platform
) -> None:
    click(window, "open", drill="revoked_key")
    click(window, "check", cause="revoked_key")
    click(window, "paste", {"key": platform.create_key("My own")[1]})
    assert stage(window) == "mend"
    click(window, "paste", {"key": "not a key at all"})
    assert "pp-problem" in window.html
    click(window, "paste", {"key": account.create_key("New")[1]})
    assert stage(window) == "done"


def test_a_drill_is_left_even_when_the_platform_is_away(
    window: DrillsWindow, session: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise PracticeNotAnswering(reason="ConnectionRefusedError")

    click(window, "open", drill="hold_only")
    monkeypatch.setattr(session.practice_link, "end_drill", away)
    click(window, "leave")
    assert stage(window) == "drills"


def test_no_secret_of_a_drill_enters_the_page_or_a_file(
    window: DrillsWindow, account: Platform, outbound: list[object], tmp_path: Path
) -> None:
    secrets = []
    for drill in DRILLS:
        click(window, "open", drill=drill.name)
        run = window.window_group.drill_run
        assert run
        secrets.append(run._access.key.get_secret_value())
        click(window, "check", cause=drill.name)
        mend(window, drill, account)
        secrets.append(run._access.key.get_secret_value())
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert files  # the progress, at least
    shown = str(outbound) + window.html + repr(window.window_group.drill_run)
    assert len(secrets) == 2 * len(DRILLS)
    assert [secret for secret in secrets if secret in shown or secret.encode() in files] == []


def test_a_key_typed_where_the_damaged_text_stands_is_not_shown_again(window: DrillsWindow) -> None:
    click(window, "open", drill="damaged_paste")
    click(window, "check", cause="damaged_paste")
    typed = "sk-practice-" + "CANARY" * 8
    click(window, "edit", text=typed)
    assert typed not in window.html
    assert stage(window) == "mend"


def test_a_page_loaded_anew_goes_on_with_the_drill(window: DrillsWindow, session: InProcess) -> None:
    click(window, "open", drill="hold_only")
    assert stage(DrillsWindow(session, run=at_once)) == "cause"


def test_a_drill_that_was_begun_on_another_page_is_told_and_left_alone(
    window: DrillsWindow, session: InProcess, account: Platform, elsewhere: DrillsWindow
) -> None:
    click(window, "open", drill="hold_only")
    click(window, "check", cause="hold_only")
    click(elsewhere, "open", drill="limit_reached")
    for action in ("try", "solution"):
        click(window, action)
        assert window.card
        assert window.card.code == "drill_taken_over"
        assert window.html.count('data-action="again"') == 2  # on the card, and where it always is
        assert known(session, drill_named("hold_only")) is Evidence.TODO
    click(window, "leave")
    assert "Failures to fix" in window.html or stage(window) == "drills"
    click(elsewhere, "check", cause="limit_reached")
    raise_limit(account)
    click(elsewhere, "try")
    assert stage(elsewhere) == "done"


def test_begun_anew_here_a_drill_is_this_pages_again(
    window: DrillsWindow, account: Platform, elsewhere: DrillsWindow
) -> None:
    click(window, "open", drill="hold_only")
    click(elsewhere, "open", drill="limit_reached")
    click(window, "again")
    assert window.card is None
    click(window, "check", cause="hold_only")
    buy(account)
    click(window, "try")
    assert stage(window) == "done"
    click(elsewhere, "check", cause="limit_reached")
    click(elsewhere, "wait")
    click(elsewhere, "try")
    assert elsewhere.card
    assert elsewhere.card.code == "drill_taken_over"


@pytest.fixture
def elsewhere(window: DrillsWindow, tmp_path: Path, web: TestClient) -> DrillsWindow:
    """The same learner's drills in another kernel."""
    return DrillsWindow(InProcess(tmp_path / "home", web, {}), run=at_once)


def test_back_from_the_platforms_page_the_next_thing_is_to_try_again(window: DrillsWindow) -> None:
    click(window, "open", drill="hold_only")
    click(window, "check", cause="hold_only")
    assert filled(window) == ["Open “Billing”"]
    click(window, "look")
    assert filled(window) == ["Try again"]


def filled(window: DrillsWindow) -> list[str]:
    found = re.findall(r'class="pp-button"[^>]*>(.*?)</(?:a|button)>', window.html, re.DOTALL)
    bare = [re.sub(r'<span class="pp-hidden">.*?</span>', "", each) for each in found]
    return [re.sub(r"<[^>]*>", "", each).strip() for each in bare]
