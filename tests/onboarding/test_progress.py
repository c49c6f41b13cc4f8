"""Progress: facts that survive, merge, and hold nothing private."""

from __future__ import annotations

import itertools
import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.lock import FileLock
from ppkit.onboarding import (
    CHECKS,
    Evidence,
    Fact,
    Facts,
    Progress,
    ProgressDamaged,
    ProgressNotWritten,
    ProgressTooNew,
    facts_from_json,
)
from ppkit.onboarding.progress import LONGEST_EXPORT, facts_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIGNED_UP = Fact("account.signed_up", Evidence.DECLARED, NOON)


def document_with(**fact: str) -> bytes:
    return json.dumps({"schema": 1, "facts": [fact]}).encode()


def adding(fact: Fact) -> Callable[[Facts], Facts]:
    return lambda facts: facts.merged(facts_of([fact]))


FACT = st.builds(
    Fact,
    st.sampled_from([check.name for check in CHECKS]),
    st.sampled_from(Evidence),
    st.integers(0, 10_000).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    round=st.integers(0, 3),
)
ROUNDS = st.dictionaries(st.sampled_from([check.name for check in CHECKS]), st.integers(0, 3), max_size=4)
FACTS = st.builds(
    lambda facts, rounds: replace(facts_of(facts), rounds=rounds), st.lists(FACT, max_size=12), ROUNDS
)


def test_no_file_means_no_facts(tmp_path: Path) -> None:
    assert Progress(tmp_path / "progress.json").load() == Facts()


def test_what_is_saved_is_read_again_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "home" / "progress.json")
    progress.update(adding(SIGNED_UP))
    assert Progress(progress.path).load().of("account.signed_up") == SIGNED_UP
    assert stat.S_IMODE(progress.path.stat().st_mode) == 0o600


def test_two_notebooks_keep_each_others_facts(tmp_path: Path) -> None:
    first, second = Progress(tmp_path / "progress.json"), Progress(tmp_path / "progress.json")
    first.update(adding(SIGNED_UP))
    second.update(adding(Fact("link.used", Evidence.PRACTISED, NOON)))
    assert first.load().checks == {"account.signed_up", "link.used"}


def test_what_is_saved_while_the_file_is_read_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window is redrawn in one thread while another one notes what was just done."""
    progress = Progress(tmp_path / "progress.json")
    read = Progress._read

    def read_and_saved_over(self: Progress) -> Facts:
        monkeypatch.setattr(Progress, "_read", read)
        found = self._read()
        self.update(lambda known: known.showing([SIGNED_UP]))
        return found

    monkeypatch.setattr(Progress, "_read", read_and_saved_over)
    assert progress.load().of(SIGNED_UP.check) == SIGNED_UP
    assert progress.facts.of(SIGNED_UP.check) == SIGNED_UP


def test_two_processes_at_once_lose_none_of_each_others_facts(tmp_path: Path) -> None:
    # Two objects, as two kernels have them: each reads, and writes only when the other had time to do so too.
    path, both = tmp_path / "progress.json", Barrier(2)

    def record(number: int) -> None:
        def change(facts: Facts) -> Facts:
            with suppress(BrokenBarrierError):
                both.wait(0.05)
            return adding(Fact(f"check.{number}", Evidence.PRACTISED, NOON))(facts)

        Progress(path).update(change)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(record, range(2)))
    assert Progress(path).load().checks == {"check.0", "check.1"}


def test_a_file_that_another_process_holds_for_good_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ppkit.lock.WRITER_SECONDS", 0)
    held = FileLock(tmp_path / ".progress.json.lock")
    with held:
        assert held.take()
        with pytest.raises(ProgressNotWritten):
            Progress(tmp_path / "progress.json").update(adding(SIGNED_UP))


def test_an_unchanged_file_is_not_written_again(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.update(adding(SIGNED_UP))
    before = progress.path.stat().st_ino
    progress.update(adding(SIGNED_UP))
    assert progress.path.stat().st_ino == before


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b'{"schema": 1}',
        b'{"schema": "x", "facts": []}',
        b'{"schema": Infinity, "facts": []}',
        b'{"schema": 1, "facts": [{"check": "link.used"}]}',
        document_with(check="link.used", evidence="sworn", at="2026-11-23T12:00:00+00:00"),
        document_with(check="link.used", evidence="declared", at="yesterday"),
        document_with(check="link.used", evidence="declared", at="2026-11-23T12:00:00"),
        document_with(check="link.used", evidence="declared", at="9999-12-31T23:59:59+00:00"),
        document_with(check="link.used", evidence="declared", at="0001-01-01T00:00:00+14:00"),
        document_with(check="A key: sk-", evidence="declared", at="2026-11-23T12:00:00+00:00"),
        document_with(check="", evidence="declared", at="2026-11-23T12:00:00+00:00"),
        document_with(check="x" * 61, evidence="declared", at="2026-11-23T12:00:00+00:00"),
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_an_error_and_is_kept(tmp_path: Path, damaged: bytes) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.path.write_bytes(damaged)
    with pytest.raises(ProgressDamaged):
        progress.load()
    with pytest.raises(ProgressDamaged):
        progress.update(adding(SIGNED_UP))
    assert progress.path.read_bytes() == damaged


def test_a_damaged_file_can_be_set_aside_untouched(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    for number in (1, 2):
        progress.path.write_bytes(b"{%d" % number)
        assert progress.set_aside() == tmp_path / f"progress.damaged-{number}.json"
    assert (tmp_path / "progress.damaged-1.json").read_bytes() == b"{1"
    assert progress.load() == Facts()


def test_a_newer_file_is_refused_and_kept(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.path.write_text('{"schema": 3, "facts": "in another form"}')
    with pytest.raises(ProgressTooNew) as caught:
        progress.load()
    assert caught.value.facts == {"path": str(progress.path), "found": 3, "known": 2}


def test_a_check_of_a_newer_lesson_is_kept() -> None:
    text = document_with(check="quiz.cards", evidence="verified", at="2026-11-23T13:00:00+01:00")
    assert facts_from_json(text.decode(), "x").of("quiz.cards") == Fact("quiz.cards", Evidence.VERIFIED, NOON)


def test_a_full_disk_leaves_what_was_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.update(adding(SIGNED_UP))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProgressNotWritten):
        progress.update(lambda _facts: Facts())
    assert progress.load().of("account.signed_up") == SIGNED_UP


def test_the_file_holds_checks_levels_and_times_and_nothing_else(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.update(adding(SIGNED_UP))
    assert json.loads(progress.path.read_text()) == {
        "schema": 2,
        "facts": [{"check": "account.signed_up", "evidence": "declared", "at": "2026-11-23T12:00:00+00:00"}],
        "rounds": {},
    }


def test_an_import_never_weakens_what_is_known(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    strong = Fact("account.signed_up", Evidence.VERIFIED, NOON)
    progress.update(adding(strong))
    progress.import_text(
        facts_of([Fact("account.signed_up", Evidence.DECLARED, NOON + timedelta(days=1))]).to_json()
    )
    assert progress.load().of("account.signed_up") == strong


def test_a_damaged_import_changes_nothing(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.update(adding(SIGNED_UP))
    with pytest.raises(ProgressDamaged):
        progress.import_text("{")
    assert progress.load().of("account.signed_up") == SIGNED_UP


def test_a_text_far_longer_than_any_export_is_refused_before_it_is_read(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    whole = facts_of([SIGNED_UP]).to_json()
    progress.import_text(whole + " " * (LONGEST_EXPORT - len(whole)))
    with pytest.raises(ProgressDamaged) as refused:
        progress.import_text(whole + " " * LONGEST_EXPORT)
    assert refused.value.facts["reason"] == "too_large"


def test_many_facts_are_put_together_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [Fact(f"check.{number}", Evidence.DECLARED, NOON) for number in range(100)]
    made = []
    begin = Facts.__init__

    def counted(self: Facts, *shown: Any, **given: Any) -> None:
        made.append(self)
        begin(self, *shown, **given)

    monkeypatch.setattr(Facts, "__init__", counted)
    assert len(facts_of(facts).merged(facts_of(reversed(facts))).shown) == len(facts)
    assert len(made) == 3, "and none for each fact, which would copy all before it"


def test_an_export_imported_elsewhere_gives_the_same_facts(tmp_path: Path) -> None:
    here, there = Progress(tmp_path / "here.json"), Progress(tmp_path / "there.json")
    here.update(adding(SIGNED_UP))
    there.import_text(here.export("practice"))
    assert there.load() == here.load()


@given(facts=FACTS)
def test_facts_survive_their_file(facts: Facts) -> None:
    assert facts_from_json(facts.to_json(), "x") == facts


@given(one=FACTS, two=FACTS, three=FACTS)
def test_the_order_of_merging_does_not_matter(one: Facts, two: Facts, three: Facts) -> None:
    merged = {
        first.merged(second).merged(third).to_json()
        for first, second, third in itertools.permutations([one, two, three])
    }
    assert len(merged) == 1


@given(one=FACTS, two=FACTS)
def test_merging_never_weakens_what_was_done_once(one: Facts, two: Facts) -> None:
    merged = one.merged(two)
    for check in one.checks:
        before, kept = one.once(check), merged.once(check)
        assert before
        assert kept
        assert kept.evidence >= before.evidence


@given(one=FACTS, two=FACTS)
def test_merging_makes_nothing_valid_that_has_lapsed_on_either_side(one: Facts, two: Facts) -> None:
    merged = one.merged(two)
    for check in merged.checks:
        if fact := merged.of(check):
            assert fact.round >= max(one.rounds.get(check, 0), two.rounds.get(check, 0))


@given(facts=FACTS)
def test_what_lapses_stays_known_as_done_once_until_it_is_shown_again(facts: Facts) -> None:
    known = facts.showing([SIGNED_UP])
    lapsed = known.lapsed(["account.signed_up", "never.known"])
    assert lapsed.of("account.signed_up") is None
    assert lapsed.once("account.signed_up") == known.once("account.signed_up")
    # However the clock stands by then: the practice platform's can be set back.
    earlier = replace(SIGNED_UP, at=NOON - timedelta(days=400))
    again = lapsed.showing([earlier]).of("account.signed_up")
    assert again
    assert again.evidence is Evidence.DECLARED


def test_to_start_over_forgets_what_was_done_once_too() -> None:
    lapsed = Facts().showing([SIGNED_UP]).lapsed(["account.signed_up"])
    assert lapsed.without(["account.signed_up"]) == Facts()


def test_a_file_of_the_first_schema_is_read() -> None:
    text = document_with(check="account.signed_up", evidence="declared", at=NOON.isoformat()).decode()
    assert facts_from_json(text, "x").of("account.signed_up") == SIGNED_UP


@pytest.mark.parametrize("rounds", [{"x": -1}, {"x": "1"}, {"X y": 1}, [1], {"x": 10**9}])
def test_rounds_that_are_none_are_refused(rounds: object) -> None:
    with pytest.raises(ProgressDamaged):
        facts_from_json(json.dumps({"schema": 2, "facts": [], "rounds": rounds}), "x")
