"""Four steps whose states follow from facts, and a click that gives at most "declared"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keys.canaries import key_of
from sweeps import examples

from ppkit.checkup import Finding, Rung, State
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.onboarding import CHECKS, Evidence, Progress, StepName, StepState, StepView, Wizard

KEY = ApiKey(key_of("practice"))
OTHER = ApiKey(key_of("practice", "another"))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLATFORM = {
    "signed_up": True,
    "payment_method": {"brand": "visa"},
    "balance_pico_usd": 5 * 10**12,
    "keys": [{"name": "PostPickr-AI"}],
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def wizard(tmp_path: Path, clock: ManualClock) -> Wizard:
    return Wizard(Progress(tmp_path / "progress.json"), clock, "practice")


def passed(*rungs: Rung) -> list[Finding]:
    return [Finding(rung, State.PASSED if rung in rungs else State.FAILED) for rung in Rung]


def step(wizard: Wizard, name: StepName) -> StepView:
    return next(view for view in wizard.steps if view.name is name)


def states(wizard: Wizard) -> list[StepState]:
    return [view.state for view in wizard.steps]


def test_a_new_learner_stands_at_the_first_step(wizard: Wizard) -> None:
    assert states(wizard) == [StepState.CURRENT, StepState.TODO, StepState.TODO, StepState.TODO]
    assert wizard.current is StepName.ACCOUNT
    assert all(view.evidence is Evidence.TODO and view.at is None for view in wizard.steps)


def test_a_click_alone_gives_declared_at_most(wizard: Wizard) -> None:
    wizard.declare("account.signed_up")
    assert step(wizard, StepName.ACCOUNT).evidence is Evidence.DECLARED
    assert wizard.current is StepName.CREDIT


@pytest.mark.parametrize("check", ["key.recognised", "key.pays", "link.linked", "link.used", "key.pasted"])
def test_what_can_be_shown_cannot_be_declared(wizard: Wizard, check: str) -> None:
    with pytest.raises(ValueError, match="shown, not declared"):
        wizard.declare(check)


def test_an_unknown_check_is_an_error(wizard: Wizard) -> None:
    for use in (wizard.declare, wizard.record):
        with pytest.raises(LookupError):
            use("account.astrology")


def test_the_practice_platform_practises_account_and_credit(wizard: Wizard) -> None:
    wizard.observe(PLATFORM)
    assert step(wizard, StepName.ACCOUNT).evidence is Evidence.PRACTISED
    assert step(wizard, StepName.CREDIT).evidence is Evidence.PRACTISED
    assert wizard.current is StepName.KEY


def test_an_empty_platform_shows_nothing(wizard: Wizard) -> None:
    wizard.observe({"signed_up": False, "payment_method": None, "balance_pico_usd": 0, "keys": []})
    wizard.observe({})
    assert wizard.current is StepName.ACCOUNT


def test_a_card_without_credit_does_not_finish_the_step(wizard: Wizard) -> None:
    wizard.observe({**PLATFORM, "balance_pico_usd": 0})
    assert step(wizard, StepName.CREDIT).evidence is Evidence.TODO
    assert wizard.current is StepName.CREDIT


@pytest.mark.parametrize(
    ("status", "evidence"),
    [("declined", Evidence.TODO), ("pending", Evidence.PRACTISED), ("expired", Evidence.PRACTISED)],
)
def test_a_declined_card_has_bought_nothing(wizard: Wizard, status: str, evidence: Evidence) -> None:
    wizard.observe({**PLATFORM, "balance_pico_usd": 0, "purchases": [{"kind": "purchase", "status": status}]})
    assert step(wizard, StepName.CREDIT).evidence is evidence


def test_looking_again_keeps_the_first_time(wizard: Wizard, clock: ManualClock) -> None:
    wizard.observe(PLATFORM)
    clock.advance(timedelta(hours=1))
    wizard.observe(PLATFORM)
    assert step(wizard, StepName.ACCOUNT).at == NOON


def test_a_new_proof_renews_the_time(wizard: Wizard, clock: ManualClock) -> None:
    wizard.observe_checkup(passed(*Rung), KEY)
    clock.advance(timedelta(hours=1))
    wizard.observe_checkup(passed(*Rung), KEY)
    assert step(wizard, StepName.KEY).at == NOON + timedelta(hours=1)


def evidence_of(wizard: Wizard, name: str) -> Evidence:
    return next(check.evidence for view in wizard.steps for check in view.checks if check.name == name)


def test_what_one_key_has_shown_proves_nothing_of_another(wizard: Wizard) -> None:
    wizard.observe_checkup(passed(*Rung), KEY)
    wizard.observe_checkup(passed(Rung.SHAPE, Rung.REACH, Rung.SIGN_IN), OTHER)
    assert evidence_of(wizard, "key.recognised") is Evidence.PRACTISED
    assert evidence_of(wizard, "key.pays") is Evidence.TODO


def test_a_key_that_nobody_knows_takes_nothing_from_the_one_before(wizard: Wizard) -> None:
    wizard.observe_checkup(passed(*Rung), KEY)
    wizard.observe_checkup(passed(Rung.SHAPE, Rung.REACH), OTHER)
    assert step(wizard, StepName.KEY).evidence is Evidence.PRACTISED


@pytest.mark.parametrize("mode", ["practice", "live"])
def test_a_key_whose_shape_alone_is_right_is_proven_by_nothing(
    tmp_path: Path, clock: ManualClock, mode: Mode
) -> None:
    wizard = Wizard(Progress(tmp_path / "progress.json"), clock, mode)
    wizard.observe_checkup(passed(Rung.SHAPE, Rung.REACH), KEY)
    assert evidence_of(wizard, "key.pasted") is Evidence.DECLARED
    assert evidence_of(wizard, "key.recognised") is Evidence.TODO
    wizard.observe_checkup(passed(Rung.SHAPE, Rung.REACH, Rung.SIGN_IN), KEY)
    proven = Evidence.VERIFIED if mode == "live" else Evidence.PRACTISED
    assert evidence_of(wizard, "key.pasted") is proven


def test_a_checkup_without_credit_does_not_finish_the_key(wizard: Wizard) -> None:
    wizard.observe(PLATFORM)
    wizard.observe_checkup(passed(Rung.SHAPE, Rung.REACH, Rung.SIGN_IN), KEY)
    assert step(wizard, StepName.KEY).evidence is Evidence.TODO
    wizard.observe_checkup(passed(*Rung), KEY)
    assert step(wizard, StepName.KEY).evidence is Evidence.PRACTISED


def test_in_practice_a_paid_call_does_not_stand_for_the_payment_method(wizard: Wizard) -> None:
    wizard.observe_checkup(passed(*Rung), KEY)
    assert step(wizard, StepName.CREDIT).evidence is Evidence.TODO


def test_in_live_mode_a_paid_call_verifies_account_and_credit_too(tmp_path: Path, clock: ManualClock) -> None:
    wizard = Wizard(Progress(tmp_path / "progress.json"), clock, "live")
    wizard.declare("account.signed_up")
    wizard.observe_checkup(passed(*Rung), KEY)
    assert [view.evidence for view in wizard.steps[:3]] == [Evidence.VERIFIED] * 3


def test_a_live_proof_of_the_key_grows_old_after_a_day(tmp_path: Path, clock: ManualClock) -> None:
    wizard = Wizard(Progress(tmp_path / "progress.json"), clock, "live")
    wizard.observe_checkup(passed(*Rung), KEY)
    clock.advance(timedelta(hours=24))
    assert not any(check.is_old for check in step(wizard, StepName.KEY).checks)
    clock.advance(timedelta(seconds=1))
    assert all(check.is_old for check in step(wizard, StepName.KEY).checks)
    assert not any(check.is_old for check in step(wizard, StepName.CREDIT).checks)


def test_the_link_is_proven_by_a_call_made_with_the_key(wizard: Wizard) -> None:
    wizard.record("link.linked")
    assert step(wizard, StepName.LINK).evidence is Evidence.TODO
    wizard.record("link.used")
    assert step(wizard, StepName.LINK).evidence is Evidence.PRACTISED


def test_a_step_is_as_strong_as_its_weakest_check(wizard: Wizard) -> None:
    wizard.record("credit.payment_method")
    wizard.declare("credit.bought")
    assert step(wizard, StepName.CREDIT).evidence is Evidence.DECLARED


def test_an_optional_check_does_not_hold_the_step_back(wizard: Wizard) -> None:
    wizard.observe(PLATFORM)
    unasked = [check for check in step(wizard, StepName.CREDIT).checks if check.optional]
    assert [check.is_done for check in unasked] == [False]
    assert step(wizard, StepName.CREDIT).is_done


def test_any_step_may_be_looked_at(wizard: Wizard) -> None:
    wizard.go("link")
    assert states(wizard) == [StepState.TODO, StepState.TODO, StepState.TODO, StepState.CURRENT]
    wizard.go_on()
    assert wizard.current is StepName.ACCOUNT
    with pytest.raises(ValueError, match="nowhere"):
        wizard.go("nowhere")


def test_restarting_forgets_one_step_alone(wizard: Wizard) -> None:
    wizard.observe(PLATFORM)
    wizard.restart(StepName.ACCOUNT)
    assert step(wizard, StepName.ACCOUNT).evidence is Evidence.TODO
    assert step(wizard, StepName.CREDIT).evidence is Evidence.PRACTISED
    assert wizard.current is StepName.ACCOUNT


def test_the_next_session_resumes_at_the_next_open_step(
    wizard: Wizard, clock: ManualClock, tmp_path: Path
) -> None:
    wizard.observe(PLATFORM)
    assert Wizard(Progress(tmp_path / "progress.json"), clock, "practice").current is StepName.KEY


def test_all_four_steps_done_is_complete(wizard: Wizard) -> None:
    for check in CHECKS:
        wizard.record(check.name)
    assert wizard.is_complete
    assert wizard.current is StepName.LINK


def test_an_import_shows_at_once(tmp_path: Path, clock: ManualClock) -> None:
    progress = Progress(tmp_path / "progress.json")
    wizard = Wizard(progress, clock, "practice")
    assert step(wizard, StepName.ACCOUNT).evidence is Evidence.TODO
    progress.import_text(
        '{"schema": 1, "facts": [{"check": "account.signed_up", "evidence": "verified",'
        ' "at": "2026-11-23T12:00:00+00:00"}]}'
    )
    assert step(wizard, StepName.ACCOUNT).evidence is Evidence.VERIFIED


@given(clicks=st.lists(st.sampled_from([check for check in CHECKS if check.declarable]), max_size=20))
@settings(max_examples=examples(50))
def test_no_number_of_clicks_gives_more_than_declared(
    tmp_path_factory: pytest.TempPathFactory, clicks: list[object]
) -> None:
    folder = tmp_path_factory.mktemp("clicks")
    wizard = Wizard(Progress(folder / "progress.json"), ManualClock(NOON), "live")
    for check in clicks:
        wizard.declare(check.name)  # type: ignore[attr-defined]
    assert all(view.evidence <= Evidence.DECLARED for view in wizard.steps)
    assert not wizard.is_complete


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_check_has_its_texts(language: str) -> None:
    texts = Texts(language)
    for check in CHECKS:
        assert texts(f"onboarding.check.{check.name}")


@pytest.mark.parametrize(
    ("seen", "known"),
    [
        ({**PLATFORM, "auto_recharge": False}, True),
        ({**PLATFORM, "auto_recharge": True}, False),
        ({**PLATFORM, "balance_pico_usd": 0, "auto_recharge": False}, False),
    ],
)
def test_automatic_recharge_is_chosen_by_switching_it_off_once_there_is_credit(
    wizard: Wizard, seen: dict[str, object], known: bool
) -> None:
    wizard.observe(seen)
    chosen = next(check for check in wizard.steps[1].checks if check.name == "credit.auto_recharge_chosen")
    assert chosen.is_done is known
