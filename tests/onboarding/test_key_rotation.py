"""The drill "replace the key": its order holds whatever happens, and nothing is shown that was not proven."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sweeps import examples

from ppkit.checkup import Diagnosis, Finding, Rung, Skip, State
from ppkit.clock import ManualClock
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey
from ppkit.mode import Mode
from ppkit.onboarding import (
    Evidence,
    Facts,
    KeyInUse,
    KeyRotation,
    NewKeyGone,
    NotProvenYet,
    OldKeyAlive,
    OldKeyGoneEarly,
    OldKeyNotWorking,
    PlatformKey,
    Progress,
    SameKeyAgain,
    Stage,
    WrongEnd,
    keys_in_practice,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Put together here, so that no scanner takes this file for a leak.
OLD = ApiKey("sk-practice-" + "A" * 44 + "oldK")
NEW = ApiKey("sk-practice-" + "B" * 44 + "newK")
LOST = ApiKey("sk-practice-" + "C" * 44 + "lost")
NO_SUCH_KEY = Diagnosis("wrong_key", {}, {"status": 401, "code": "invalid_api_key"})
RECOGNISED = [Finding(Rung.SIGN_IN, State.PASSED)]
PAID = [*RECOGNISED, Finding(Rung.CREDIT, State.PASSED)]
NO_CREDIT = [*RECOGNISED, Finding(Rung.CREDIT, State.FAILED, Diagnosis("no_credit"))]
REFUSED = [Finding(Rung.SIGN_IN, State.FAILED, NO_SUCH_KEY)]


STOPPED = [*RECOGNISED, Finding(Rung.RIGHTS, State.SKIPPED, facts={"reason": Skip.CANCELLED})]


def listed(*keys: ApiKey) -> list[PlatformKey]:
    return [PlatformKey(f"key_{key.last4}", f"name {key.last4}", f"sk-...{key.last4}") for key in keys]


def nothing(_key: ApiKey) -> None:
    """Links nowhere."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "progress.json")


@pytest.fixture
def drill(progress: Progress, clock: ManualClock) -> KeyRotation:
    return KeyRotation(progress, clock, "practice")


def evidence(drill: KeyRotation) -> list[str]:
    return [view.evidence.label for view in drill.stages]


def proven(drill: KeyRotation) -> KeyRotation:
    drill.begin(OLD, None, listed(OLD))
    drill.observe(listed(OLD, NEW))
    drill.swap(NEW, RECOGNISED, nothing)
    drill.prove(NEW, PAID)
    return drill


def test_who_stops_the_check_of_the_new_key_keeps_the_old_one(drill: KeyRotation) -> None:
    drill.begin(OLD, None, listed(OLD))
    linked: list[ApiKey] = []
    assert not drill.swap(NEW, STOPPED, linked.append)
    assert (drill.new, linked) == (None, [])
    assert drill.swap(NEW, RECOGNISED, linked.append)


def test_a_proof_paid_for_before_the_stop_counts(drill: KeyRotation) -> None:
    drill.begin(OLD, None, listed(OLD))
    drill.swap(NEW, RECOGNISED, nothing)
    assert not drill.prove(NEW, STOPPED)
    assert drill.prove(NEW, [*PAID, Finding(Rung.LIMITS, State.SKIPPED, facts={"reason": Skip.CANCELLED})])


def test_the_whole_way_in_its_order(drill: KeyRotation) -> None:
    passed = [drill.current]
    drill.begin(OLD, None, listed(OLD))
    drill.observe(listed(OLD, NEW))
    passed.append(drill.current)
    assert drill.swap(NEW, RECOGNISED, nothing)
    passed.append(drill.current)
    assert drill.prove(NEW, PAID)
    passed.append(drill.current)
    drill.observe(listed(NEW))
    passed.append(drill.current)
    assert drill.old_answered(OLD, NO_SUCH_KEY)
    assert passed == list(Stage)
    assert drill.current is None
    assert evidence(drill) == ["practised"] * 5


def test_live_proof_is_verified_and_a_word_is_declared(progress: Progress, clock: ManualClock) -> None:
    drill = KeyRotation(progress, clock, "live")
    drill.begin(OLD, None, None)
    drill.declare(Stage.CREATED)
    assert evidence(drill)[0] == "declared"
    drill.swap(NEW, RECOGNISED, nothing)
    drill.prove(NEW, PAID)
    drill.declare(Stage.REVOKED)
    assert evidence(drill) == ["verified", "verified", "verified", "declared", "todo"]
    drill.old_answered(OLD, NO_SUCH_KEY)
    assert evidence(drill) == ["verified"] * 5


@pytest.mark.parametrize("stage", [Stage.SWAPPED, Stage.PROVED, Stage.DEAD])
def test_words_prove_nothing_where_proof_can_be_had(drill: KeyRotation, stage: Stage) -> None:
    proven(drill).declare(Stage.REVOKED)
    with pytest.raises(ValueError, match="shown, not declared"):
        drill.declare(stage)


def test_revoking_before_the_proof_is_refused_with_its_reason(drill: KeyRotation) -> None:
    drill.begin(OLD, None, listed(OLD))
    drill.swap(NEW, RECOGNISED, nothing)
    (old,) = listed(OLD)
    with pytest.raises(NotProvenYet):
        drill.check_revocation(old, OLD.last4, NEW)
    with pytest.raises(NotProvenYet):
        drill.declare(Stage.REVOKED)
    with pytest.raises(NotProvenYet):
        drill.revoked(old, listed(NEW))
    assert drill.current is Stage.PROVED


def test_a_recognised_key_without_credit_is_not_proven(drill: KeyRotation) -> None:
    drill.begin(OLD, None, listed(OLD))
    drill.swap(NEW, RECOGNISED, nothing)
    assert not drill.prove(NEW, NO_CREDIT)
    assert not drill.prove(LOST, PAID)  # the proof of another key
    assert drill.current is Stage.PROVED


def test_a_post_written_with_the_new_key_after_the_swap_is_the_proof(
    progress: Progress, clock: ManualClock
) -> None:
    class Paid(dict[ApiKey, int]):
        output_tokens = dict.__getitem__

    uses = Paid({OLD: 100, NEW: 7})
    drill = KeyRotation(progress, clock, "practice", uses)
    drill.begin(OLD, None, listed(OLD))
    drill.notice_use()
    drill.swap(NEW, RECOGNISED, nothing)
    uses[OLD] = 200  # what was under way with the old key proves nothing of the new one
    drill.notice_use()
    assert evidence(drill)[2] == "todo"
    uses[NEW] = 8
    drill.notice_use()
    assert evidence(drill)[2] == "practised"


def test_yet_another_new_key_must_be_proven_for_itself(drill: KeyRotation) -> None:
    proven(drill).swap(LOST, RECOGNISED, nothing)
    assert drill.current is Stage.PROVED
    with pytest.raises(NotProvenYet):
        drill.declare(Stage.REVOKED)


def test_after_a_revocation_the_next_new_key_must_be_proven_before_another_is_revoked(
    drill: KeyRotation,
) -> None:
    proven(drill).observe(listed(NEW))
    drill.swap(LOST, RECOGNISED, nothing)
    (chosen,) = listed(OLD)
    with pytest.raises(NotProvenYet):
        drill.check_revocation(chosen, chosen.end, LOST)
    drill.prove(LOST, PAID)
    drill.check_revocation(chosen, chosen.end, LOST)


def test_pasting_the_old_key_again_is_told(drill: KeyRotation) -> None:
    drill.begin(OLD, None, listed(OLD))
    with pytest.raises(SameKeyAgain):
        drill.check_new(OLD)
    with pytest.raises(SameKeyAgain):
        drill.swap(OLD, RECOGNISED, nothing)


def test_an_unrecognised_key_takes_nothings_place(drill: KeyRotation) -> None:
    linked: list[ApiKey] = []
    drill.begin(OLD, None, listed(OLD))
    assert not drill.swap(NEW, REFUSED, linked.append)
    assert (linked, drill.new, evidence(drill)) == ([], None, ["todo"] * 5)


def test_a_swap_that_could_not_be_saved_is_no_swap(drill: KeyRotation) -> None:
    def full(_key: ApiKey) -> None:
        raise OSError("disk full")

    drill.begin(OLD, None, listed(OLD))
    with pytest.raises(OSError, match="full"):
        drill.swap(NEW, RECOGNISED, full)
    assert evidence(drill) == ["todo"] * 5


def test_the_new_key_revoked_by_mistake_leads_back_to_the_old_one(drill: KeyRotation) -> None:
    proven(drill)
    with pytest.raises(NewKeyGone):
        drill.observe(listed(OLD))
    assert (drill.current, drill.new, drill.old) == (Stage.CREATED, None, OLD)
    drill.observe(listed(OLD, LOST))
    assert drill.current is Stage.SWAPPED
    assert not drill.listed.is_gone(OLD)


def test_the_old_key_revoked_too_early_is_told_and_ticked_once_the_new_one_is_proven(
    drill: KeyRotation,
) -> None:
    drill.begin(OLD, None, listed(OLD))
    drill.observe(listed(OLD, NEW))
    with pytest.raises(OldKeyGoneEarly):
        drill.observe(listed(NEW))
    drill.swap(NEW, RECOGNISED, nothing)
    with pytest.raises(OldKeyGoneEarly):
        drill.observe(listed(NEW))
    assert evidence(drill)[3] == "todo"
    drill.prove(NEW, PAID)
    drill.observe(listed(NEW))
    assert drill.current is Stage.DEAD


def test_a_key_whose_dialog_was_closed_too_early_is_remembered(drill: KeyRotation) -> None:
    drill.begin(OLD, None, listed(OLD))
    drill.observe(listed(OLD, LOST))
    assert drill.current is Stage.SWAPPED
    drill.observe(listed(OLD, LOST, NEW))
    drill.swap(NEW, RECOGNISED, nothing)
    assert [key.id for key in drill.strays] == ["key_lost"]


@pytest.mark.parametrize(
    "answer",
    [
        Diagnosis("no_connection", {}, {"exception": "APIConnectionError"}),
        Diagnosis("timed_out"),
        Diagnosis("not_the_platform", {}, {"status": 401}),
        Diagnosis("server_error", {}, {"status": 500}),
        Diagnosis("account_deactivated", {}, {"status": 401, "code": "account_deactivated"}),
        Diagnosis("wrong_key", {}, {"status": 401}),
    ],
    ids=lambda answer: answer.code,
)
def test_only_the_platforms_own_401_shows_the_old_key_dead(drill: KeyRotation, answer: Diagnosis) -> None:
    proven(drill).observe(listed(NEW))
    assert not drill.old_answered(OLD, answer)
    assert drill.current is Stage.DEAD


@pytest.mark.parametrize("answer", [None, Diagnosis("no_credit", {}, {"status": 429})])
def test_an_old_key_that_still_answers_is_alive(drill: KeyRotation, answer: Diagnosis | None) -> None:
    proven(drill).declare(Stage.REVOKED)
    with pytest.raises(OldKeyAlive):
        drill.old_answered(OLD, answer)
    assert evidence(drill)[4] == "todo"


def test_a_key_that_never_worked_cannot_be_shown_dead(drill: KeyRotation) -> None:
    with pytest.raises(OldKeyNotWorking):
        drill.begin(OLD, NO_SUCH_KEY, listed())
    assert not drill.has_begun


def test_the_key_in_use_cannot_be_chosen_and_the_choice_is_confirmed_by_its_end(drill: KeyRotation) -> None:
    proven(drill)
    old, new = listed(OLD, NEW)
    with pytest.raises(KeyInUse):
        drill.check_revocation(new, NEW.last4, NEW)
    with pytest.raises(KeyInUse):
        drill.check_revocation(old, OLD.last4, OLD)  # the old one was linked again
    for typed in ("", "newK", "oldk", "ldK"):
        with pytest.raises(WrongEnd):
            drill.check_revocation(old, typed, NEW)
    with pytest.raises(WrongEnd):
        drill.check_revocation(PlatformKey("key_x", "x", "sk-..."), "", NEW)
    drill.check_revocation(old, " oldK ", NEW)


def test_revoking_a_stray_is_not_revoking_the_old_key(drill: KeyRotation) -> None:
    proven(drill).observe(listed(OLD, NEW, LOST))
    (stray,) = listed(LOST)
    drill.revoked(stray, listed(OLD, NEW))
    assert drill.current is Stage.REVOKED


def test_of_two_keys_with_one_end_neither_is_taken_for_the_old_one(
    progress: Progress, clock: ManualClock
) -> None:
    drill = KeyRotation(progress, clock, "live")
    twins = [PlatformKey("key_1", "one", "sk-...oldK"), PlatformKey("key_2", "two", "sk-...oldK")]
    drill.begin(OLD, None, twins)
    drill.swap(NEW, RECOGNISED, nothing)
    drill.prove(NEW, PAID)
    drill.observe(twins[:1])
    assert evidence(drill)[3] == "todo"
    drill.revoked(twins[0], [])
    assert evidence(drill)[3] == "declared"  # that it was the old one is the person's word


def test_without_the_old_key_all_but_the_last_proof_can_be_done(drill: KeyRotation) -> None:
    drill.begin(None, None, listed(OLD))
    drill.swap(NEW, RECOGNISED, nothing)
    drill.prove(NEW, PAID)
    drill.observe(listed(NEW))
    assert evidence(drill) == ["practised"] * 4 + ["todo"]
    with pytest.raises(ValueError, match="not revoked"):
        drill.old_answered(OLD, NO_SUCH_KEY)


def test_a_key_that_vanishes_before_the_proof_is_not_the_revocation(drill: KeyRotation) -> None:
    drill.begin(None, None, listed(OLD, LOST))
    drill.swap(NEW, RECOGNISED, nothing)
    drill.observe(listed(LOST, NEW))
    assert evidence(drill)[3] == "todo"


def test_a_new_kernel_finds_the_facts_but_must_prove_the_new_key_again(
    progress: Progress, clock: ManualClock, drill: KeyRotation
) -> None:
    proven(drill)
    later = KeyRotation(progress, clock, "practice")
    assert later.is_interrupted
    assert [view.is_stale for view in later.stages] == [False, True, True, False, False]
    with pytest.raises(SameKeyAgain):
        later.resume(NEW, None, listed(OLD, NEW), NEW)
    later.resume(OLD, None, listed(OLD, NEW), NEW)
    assert later.current is Stage.PROVED
    with pytest.raises(NotProvenYet):
        later.need_proof()
    later.prove(NEW, PAID)
    later.observe(listed(NEW))
    assert later.old_answered(OLD, NO_SUCH_KEY)


def test_a_new_kernel_without_the_new_key_asks_for_it_again(
    progress: Progress, clock: ManualClock, drill: KeyRotation
) -> None:
    proven(drill)
    later = KeyRotation(progress, clock, "practice")
    later.resume(OLD, None, listed(OLD, NEW), None)
    assert later.current is Stage.SWAPPED


def test_after_a_revocation_a_new_kernel_cannot_prove_the_end(
    progress: Progress, clock: ManualClock, drill: KeyRotation
) -> None:
    proven(drill).observe(listed(NEW))
    later = KeyRotation(progress, clock, "practice")
    assert (later.is_interrupted, later.current, later.old) == (False, Stage.DEAD, None)


def test_a_drill_begun_again_starts_from_nothing(drill: KeyRotation, clock: ManualClock) -> None:
    proven(drill).observe(listed(NEW))
    drill.old_answered(OLD, NO_SUCH_KEY)
    drill.observe(listed())  # what happens after the end is not the drill's any more
    assert drill.current is None
    clock.advance(timedelta(days=30))
    drill.begin(NEW, None, listed(NEW))
    assert evidence(drill) == ["todo"] * 5
    drill.restart()
    assert (drill.old, drill.has_begun) == (None, False)


def test_a_new_key_that_waited_for_the_swap_goes_on_waiting(
    progress: Progress, clock: ManualClock, drill: KeyRotation
) -> None:
    drill.begin(OLD, None, listed(OLD))
    drill.observe(listed(OLD, NEW))
    later = KeyRotation(progress, clock, "practice")
    later.begin(OLD, None, listed(OLD, NEW))
    assert later.current is Stage.SWAPPED


def test_no_key_is_in_the_facts_or_in_what_the_drill_shows_of_itself(
    drill: KeyRotation, tmp_path: Path
) -> None:
    proven(drill)
    for key in (OLD, NEW):
        secret = key.get_secret_value()
        assert secret not in repr(vars(drill)) + repr(vars(drill.listed))
        assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    ("redacted", "end"),
    [("sk-practice-...WXYZ", "WXYZ"), ("sk-abc...def", "def"), ("sk-proj-****ABCD", "ABCD"), ("sk-…", "")],
)
def test_a_masked_key_is_known_by_its_end(redacted: str, end: str) -> None:
    key = PlatformKey("key_1", "name", redacted)
    assert key.end == end
    assert key.may_be(ApiKey("sk-proj-" + "x" * 40 + end)) is bool(end)
    assert not key.may_be(ApiKey("sk-proj-" + "x" * 40 + "____"))


def test_what_the_practice_platform_tells_of_a_key() -> None:
    told: dict[str, Any] = {
        "id": "key_1",
        "name": "PostPickr-AI",
        "redacted": "sk-practice-...WXYZ",
        "project": "proj_1",
        "active": True,
        "last_used_at": "2026-11-23T12:00:00+00:00",
    }
    (key,) = keys_in_practice({"keys": [told, {**told, "id": "key_2", "active": False}]})
    assert (key.id, key.end, key.last_used_at) == ("key_1", "WXYZ", NOON)


KEYS = (OLD, NEW, LOST)


class InMemory(Progress):
    """Facts that outlive a kernel but no test; files would take all the time."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self._known = Facts()

    def update(self, change: Callable[[Facts], Facts]) -> Facts:
        self._known = change(self.facts)
        return self._known


class AnythingMayHappen(RuleBasedStateMachine):
    """A person, a platform and kernels that end, in any order; the model knows what is true."""

    @initialize(mode=st.sampled_from(["practice", "live"]))
    def open(self, mode: Mode) -> None:
        self.progress, self.clock, self.mode = InMemory(), ManualClock(NOON), mode
        self.on_platform = {OLD}
        self.linked: ApiKey | None = OLD
        self.paid: set[ApiKey] = set()  # keys that a paid call went through with, in this kernel
        self.heard_401 = False
        self.new_kernel()

    @property
    def shown(self) -> list[PlatformKey]:
        return listed(*(key for key in KEYS if key in self.on_platform))

    def evidence(self, stage: Stage) -> Evidence:
        return next(view.evidence for view in self.drill.stages if view.stage is stage)

    def tried(self, call: Any, *arguments: Any) -> Any:
        """The call, watched: whatever it does, REVOKED is not reached before PROVED."""
        revoked_before = self.evidence(Stage.REVOKED)
        may = self.drill.new in self.paid
        try:
            return call(*arguments)
        except (PpkitError, ValueError):
            return None
        finally:
            if self.evidence(Stage.REVOKED) > revoked_before:
                assert may or self.heard_401
                assert self.drill.new != self.drill.old

    @rule()
    def new_kernel(self) -> None:
        self.drill = KeyRotation(self.progress, self.clock, self.mode)
        self.paid = set()

    @rule(key=st.sampled_from(KEYS))
    def create(self, key: ApiKey) -> None:
        self.on_platform.add(key)

    @rule(key=st.sampled_from(KEYS))
    def revoke_on_the_platform(self, key: ApiKey) -> None:
        self.on_platform.discard(key)

    def answer(self, key: ApiKey | None) -> Diagnosis | None:
        return None if key in self.on_platform else NO_SUCH_KEY

    @rule(luck=st.booleans())
    def do_as_told(self, luck: bool) -> None:
        """What the window asks for next: without it, chance alone seldom gets far."""
        match self.drill.current if self.drill.has_begun else None:
            case Stage.CREATED:
                self.on_platform.add(NEW)
                self.look()
            case Stage.SWAPPED:
                self.paste(NEW)
            case Stage.PROVED:
                self.check(self.drill.new or NEW, luck)
            case Stage.REVOKED:
                self.on_platform.discard(OLD)
                self.look()
            case Stage.DEAD:
                self.ask_old(luck, OLD)
            case _:
                self.begin(True, True)

    @precondition(lambda self: not self.drill.has_begun or self.drill.current is None)
    @rule(with_old=st.booleans(), can_look=st.booleans())
    def begin(self, with_old: bool, can_look: bool) -> None:
        old = self.linked if with_old else None
        self.tried(self.drill.begin, old, self.answer(old), self.shown if can_look else None)
        self.heard_401 = self.heard_401 and self.drill.current is None  # a begun one starts from nothing

    @precondition(lambda self: self.drill.is_interrupted)
    @rule(old=st.sampled_from([None, *KEYS]))
    def resume(self, old: ApiKey | None) -> None:
        self.tried(self.drill.resume, old, self.answer(old), self.shown, self.linked)

    @precondition(lambda self: self.drill.current not in (Stage.CREATED, Stage.SWAPPED))
    @rule()
    def restart(self) -> None:
        self.heard_401 = False
        self.tried(self.drill.restart)

    @rule()
    def look(self) -> None:
        self.tried(self.drill.observe, self.shown)

    @rule(stage=st.sampled_from(list(Stage)))
    def declare(self, stage: Stage) -> None:
        self.tried(self.drill.declare, stage)

    @rule(key=st.sampled_from(KEYS))
    def paste(self, key: ApiKey) -> None:
        def link(key: ApiKey) -> None:
            self.linked = key

        self.tried(self.drill.swap, key, RECOGNISED if key in self.on_platform else REFUSED, link)

    @rule(key=st.sampled_from(KEYS), has_credit=st.booleans())
    def check(self, key: ApiKey, has_credit: bool) -> None:
        pays = has_credit and key in self.on_platform
        if self.tried(self.drill.prove, key, PAID if pays else NO_CREDIT):
            assert pays
            self.paid.add(key)

    @rule(key=st.sampled_from(KEYS), typed=st.sampled_from([key.last4 for key in KEYS]))
    def revoke_here(self, key: ApiKey, typed: str) -> None:
        (chosen,) = listed(key)
        try:
            self.drill.check_revocation(chosen, typed, self.linked)
        except PpkitError:
            return
        assert self.drill.new in self.paid
        assert key not in (self.linked, self.drill.new)
        assert typed == key.last4
        self.on_platform.discard(key)
        self.tried(self.drill.revoked, chosen, self.shown)

    @rule(reaches=st.booleans(), key=st.sampled_from(KEYS))
    def ask_old(self, reaches: bool, key: ApiKey) -> None:
        answer = self.answer(key) if reaches else Diagnosis("no_connection")
        if self.tried(self.drill.old_answered, key, answer):
            assert reaches
            assert key not in self.on_platform
            assert key == self.drill.old
            self.heard_401 = True

    @invariant()
    def a_later_stage_stands_on_the_earlier_ones(self) -> None:
        if self.evidence(Stage.REVOKED):
            assert all(self.evidence(stage) for stage in (Stage.CREATED, Stage.SWAPPED, Stage.PROVED))
        if self.evidence(Stage.DEAD):
            assert self.heard_401
            assert self.evidence(Stage.REVOKED) is not Evidence.DECLARED


TestAnythingMayHappen = AnythingMayHappen.TestCase
TestAnythingMayHappen.settings = settings(max_examples=examples(50), stateful_step_count=40)
