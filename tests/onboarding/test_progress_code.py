"""The progress code: short, forgiving to the hand that writes it, and strict about what it says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.keys import ApiKey
from ppkit.onboarding import CHECKS, Evidence, Fact, Progress
from ppkit.onboarding.lessons import LESSONS
from ppkit.onboarding.progress import Facts, facts_of
from ppkit.onboarding.progress_code import CODED, NotAProgressCode, code_of, facts_in

DAY = date(2026, 11, 29)
NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SHOWN = st.dictionaries(st.sampled_from(CODED), st.sampled_from(list(Evidence)[1:]))


def known(shown: dict[str, Evidence]) -> Facts:
    return facts_of(Fact(check, evidence, NOON) for check, evidence in shown.items())


def test_every_check_of_the_course_and_of_the_steps_is_in_the_code() -> None:
    wanted = {check.name for check in CHECKS} | {check for lesson in LESSONS for check in lesson.checks}
    assert wanted - set(CODED) == set()


def test_a_code_that_was_written_down_is_still_read() -> None:
    """No check may ever change its place: learners keep their codes on paper."""
    written = facts_in("AIAU-YAQA-AAAI-BMQB", "practice")
    assert {fact.check for fact in written.shown.values()} == {"account.signed_up", "replacement.dead"}


@given(shown=SHOWN, mode=st.sampled_from(["practice", "live"]))
def test_a_code_says_what_was_done_and_how_it_is_known(shown: dict[str, Evidence], mode: str) -> None:
    code = code_of(known(shown), mode, DAY)  # type: ignore[arg-type]
    read = facts_in(code, mode)  # type: ignore[arg-type]
    assert {fact.check: fact.evidence for fact in read.shown.values()} == shown
    assert {fact.at.date() for fact in read.shown.values()} <= {DAY}
    assert len(code) <= 29


@given(shown=SHOWN)
def test_spaces_small_letters_and_look_alike_digits_do_not_matter(shown: dict[str, Evidence]) -> None:
    code = code_of(known(shown), "practice", DAY)
    written = " ".join(code.lower().split("-")).replace("o", "0").replace("i", "1").replace("b", "8")
    assert facts_in(written, "practice") == facts_in(code, "practice")


@given(shown=SHOWN, data=st.data())
def test_one_wrong_letter_is_noticed(shown: dict[str, Evidence], data: st.DataObject) -> None:
    code = code_of(known(shown), "practice", DAY)
    place = data.draw(st.sampled_from([place for place, sign in enumerate(code) if sign != "-"]))
    other = data.draw(
        st.sampled_from([sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if sign != code[place]])
    )
    with pytest.raises(NotAProgressCode):
        facts_in(code[:place] + other + code[place + 1 :], "practice")


@given(shown=SHOWN, place=st.integers(0, 14))
def test_two_letters_that_changed_places_are_noticed(shown: dict[str, Evidence], place: int) -> None:
    letters = code_of(known(shown), "practice", DAY).replace("-", "")
    swapped = letters[:place] + letters[place + 1] + letters[place] + letters[place + 2 :]
    if swapped != letters:
        with pytest.raises(NotAProgressCode):
            facts_in(swapped, "practice")


@given(st.text(max_size=60))
def test_any_other_text_is_refused_and_never_quoted(text: str) -> None:
    with pytest.raises(NotAProgressCode) as caught:
        facts_in(text, "practice")
    assert set(caught.value.facts) == {"reason"}


def test_practice_is_never_taken_for_live() -> None:
    code = code_of(known({"account.signed_up": Evidence.VERIFIED}), "practice", DAY)
    with pytest.raises(NotAProgressCode) as caught:
        facts_in(code, "live")
    assert caught.value.facts == {"reason": "mode"}


def test_a_code_of_a_newer_ppkit_is_read_as_far_as_it_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    more = dict.fromkeys((*CODED, *(f"later.{number}" for number in range(12))), Evidence.PRACTISED)
    with monkeypatch.context() as newer:
        newer.setattr("ppkit.onboarding.progress_code.CODED", tuple(more))
        code = code_of(known(more), "practice", DAY)
    assert {fact.check for fact in facts_in(code, "practice").shown.values()} == set(CODED)


@pytest.mark.parametrize("day", [date(1999, 1, 1), date(2300, 1, 1)])
def test_a_clock_that_is_far_off_breaks_nothing(day: date) -> None:
    code = code_of(known({"link.used": Evidence.PRACTISED}), "practice", day)
    assert facts_in(code, "practice").once("link.used")


def test_what_was_shown_with_a_key_elsewhere_is_done_once_here_and_not_valid(tmp_path: Path) -> None:
    shown = dict.fromkeys(("account.signed_up", "link.linked", "replacement.dead"), Evidence.PRACTISED)
    progress = Progress(tmp_path / "progress.json")
    taken = progress.take_over(facts_in(code_of(known(shown), "practice", DAY), "practice"))
    assert [bool(taken.of(check)) for check in shown] == [True, False, False]
    assert all(taken.once(check) for check in shown)
    assert Progress(progress.path).load() == taken


def test_what_is_valid_here_stays_so_whatever_comes_from_elsewhere(tmp_path: Path) -> None:
    key = ApiKey("sk-practice-" + "a" * 40)
    own = Fact("link.linked", Evidence.PRACTISED, NOON, key.fingerprint)
    progress = Progress(tmp_path / "progress.json")
    progress.update(lambda facts: facts.showing([own]))
    lapsed = known({"link.linked": Evidence.PRACTISED}).lapsed(["link.linked"]).lapsed(["link.linked"])
    progress.import_text(lapsed.to_json())
    assert progress.load().of("link.linked") == own
