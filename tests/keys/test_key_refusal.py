"""What may not stand in a name, a label or an argument, and what people may call their things."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.errors import PpkitError
from ppkit.keys import KeyInText, holds_key, key_refusal, presentable, refuse_keys
from ppkit.practice_platform import secret_texts

from .canaries import FORMS, OTHERS, key_of, some_keys

NAMES = (
    "Studio Bianchi S.r.l.", "risk-assessment-of-the-whole-department-2026", "task-or-something-else-2026",
    "sk-bratislava-office-plan", "sk-…WXYZ", "tag:agency-bianchi-spring-2026",
    "gpt-6-luna-2026-01-01-preview", "desk-admin-dashboard-rights-for-all",
    "https://example.com/a/very/long/path?with=a+query", "postgresql+psycopg://user:word@host:5432/ledger",
)  # fmt: skip
SENTENCES = (
    "Dear all, Asia is waiting for you in 2026",
    "Asia centrale e Medio Oriente 2026",
    "Acca Larentia 2026, visita guidata nel centro di Roma",
    "SG. Il Presidente della Società 2026",
    "SK-Bratislava 2026: concerto di primavera in piazza",
    "xai- workshop 2026 Torino, Lingotto, sala gialla",
    "AIzawa Yuki 2026, concerto all'Auditorium di Roma",
    "fw_ forward mailing 2026 newsletter",
    "desk-admin-panel for trainers and all learners of 2026",
    "risk-practice-guide for all learners of the year",
)
BREAKS = (" ", "'", '" + "', "\\\n", "|", ", ", "\u200f", "\u2063", "\ufe0f", "\0", "\u3164", "<wbr>", "😀")
BOTH_SIDES = [pytest.param(holds_key, id="client"), pytest.param(secret_texts.holds_key, id="practice")]


@pytest.mark.parametrize("holds", BOTH_SIDES)
@sweep("form", [*FORMS, *OTHERS])
@sweep("written", ["{key}", "name: {key}", "--{key}", "{first} {rest}", "{first}\n{rest}", "{first}"])
def test_a_key_is_seen_however_it_is_written(holds: Callable[[str], bool], form: str, written: str) -> None:
    key = key_of(form)
    assert holds(written.format(key=key, first=key[:36], rest=key[36:]))


@sweep("form", [*FORMS, *OTHERS])
def test_capitals_full_width_and_an_address_hide_nothing(form: str) -> None:
    key = key_of(form)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in key)
    encoded = "".join(f"%{ord(sign):02X}" for sign in key)
    assert [text for text in (key.upper(), wide, encoded) if not holds_key(text)] == []


@pytest.mark.parametrize("holds", BOTH_SIDES)
@sweep("name", NAMES)
def test_names_that_people_choose_pass(holds: Callable[[str], bool], name: str) -> None:
    assert not holds(name)


@pytest.mark.parametrize("holds", BOTH_SIDES)
@sweep("sentence", SENTENCES)
def test_words_are_no_key_for_being_written_one_after_another(
    holds: Callable[[str], bool], sentence: str
) -> None:
    assert not holds(sentence)


@pytest.mark.parametrize("form", [*FORMS, "practice", "practice_admin", "anthropic", "openrouter"])
def test_whatever_breaks_a_key_hides_nothing_behind_other_words(form: str) -> None:
    key = key_of(form)
    pieces = [key[place : place + 9] for place in range(0, len(key), 9)]
    texts = [f"Rossi {between.join(pieces)}" for between in BREAKS]
    assert [text for text in texts if not holds_key(text) or presentable(text).count(key[18:26])] == []


@sweep("hyphen", ["%252D", "\\x2d", "\u2011", "\u2013", "\u2212"])
@sweep("form", [*FORMS, "practice", "practice_admin", "anthropic", "openrouter"])
def test_whatever_stands_for_a_hyphen_hides_nothing(form: str, hyphen: str) -> None:
    assert holds_key(key_of(form).replace("-", hyphen))


def test_what_only_looks_like_a_key_is_refused_as_well() -> None:
    """The scan of files tells them apart; here nothing is lost by leaving it out."""
    assert holds_key("sk-proj-" + "CANARY-a1B" * 7)


@given(some_keys(), st.text(max_size=30), st.text(max_size=30))
def test_no_text_around_it_hides_a_key(key: str, before: str, after: str) -> None:
    text = f"{before} {key} {after}"
    with pytest.raises(KeyInText) as refused:
        refuse_keys("name", [{"a": text}])
    assert key not in f"{refused.value!r} {refused.value.args} {refused.value.facts}"


@given(some_keys(), st.text(max_size=30))
def test_an_error_hides_a_key_in_its_facts_and_leaves_all_else(key: str, around: str) -> None:
    error = PpkitError(value=f"{around} {key}", number=5, parts=(key, None))
    assert key not in f"{error} {error!r} {error.args} {error.facts}"
    assert error.facts["number"] == 5


@sweep("form", [*FORMS, *OTHERS])
@sweep("written", ["{key}", "a: {key}", "{first} {rest}", "{first}\n{rest}", "{upper}"])
def test_what_is_shown_again_shows_no_key(form: str, written: str) -> None:
    key = key_of(form)
    shown = presentable(written.format(key=key, first=key[:36], rest=key[36:], upper=key.upper()))
    assert key[18:30].lower() not in shown.lower()


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=19))
def test_nothing_shorter_than_a_key_is_refused(text: str) -> None:
    refuse_keys("name", text)


def test_a_long_text_that_passed_is_not_kept_in_memory() -> None:
    for text in ("a label", "what a post is about " * 20):
        key_refusal._pass.cache_clear()
        refuse_keys("topic", text)
        assert key_refusal._pass.cache_info().currsize == (len(text) <= key_refusal.LONGEST_REMEMBERED)
