"""A code that an error carries as a fact is put into words, never shown as it is."""

from __future__ import annotations

import pytest
from sweeps import sweep

from ppkit.checkup import diagnose, explain
from ppkit.checkup.explain import shown_facts
from ppkit.keys import PasteRefusal
from ppkit.linking import KeyPassedOver, KeyRefused, NoKeyLinked
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.widgets.base.problems import card_of


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", ["practice", "live"])
def test_a_mode_is_told_by_its_name(mode: str, language: str) -> None:
    texts = Texts(language)
    for error in (NoKeyLinked(mode=mode), KeyPassedOver(mode=mode, place=".env")):
        what = explain(diagnose(error), texts).what
        assert texts(f"common.mode.{mode}") in what
        assert mode not in what


# What every refusal says beside its name; none is left out, and none has a value by default.
FACTS: dict[PasteRefusal, dict[str, object]] = {
    PasteRefusal.EMPTY: {},
    PasteRefusal.TOO_LONG: {},
    PasteRefusal.MASKED: {},
    PasteRefusal.HALF: {"length": 1234},
    PasteRefusal.TWO_KEYS: {},
    PasteRefusal.INNER_SPACES: {},
    PasteRefusal.LOOK_ALIKE: {"name": "CYRILLIC SMALL LETTER A", "place": 1234},
    PasteRefusal.STRANGE_CHARACTER: {"character": "{", "place": 31},
    PasteRefusal.CAPITALS: {},
    PasteRefusal.PLACEHOLDER: {},
    PasteRefusal.KEY_NAME: {},
    PasteRefusal.EMAIL: {},
    PasteRefusal.URL: {},
    PasteRefusal.CARD_NUMBER: {},
    PasteRefusal.NUMBER: {},
    PasteRefusal.OPENAI_ID: {},
    PasteRefusal.SESSION_TOKEN: {},
    PasteRefusal.OTHER_VENDOR: {"vendor": "Anthropic"},
    PasteRefusal.LIKE_OTHER_VENDOR: {"vendor": "Mistral"},
    PasteRefusal.NOT_A_KEY: {},
    PasteRefusal.ADMIN_KEY: {},
    PasteRefusal.NOT_AN_ADMIN_KEY: {},
    PasteRefusal.PRACTICE_KEY_IN_LIVE: {},
    PasteRefusal.REAL_KEY_IN_PRACTICE: {},
}


@sweep("language", LANGUAGES)
@sweep("refusal", list(PasteRefusal))
def test_a_refused_key_is_told_by_the_refusals_own_sentences_filled_with_its_facts(
    refusal: PasteRefusal, language: str
) -> None:
    texts = Texts(language)
    error = KeyRefused(refusal=refusal.value, mode="live", **FACTS[refusal])
    shown = shown_facts(FACTS[refusal], language)
    own = [texts(f"keys.refusal.{refusal}.{part}", **shown) for part in ("what", "why", "now")]
    card = card_of(diagnose(error), texts)
    assert card.what == texts("error.key_refused.what", mode=texts("common.mode.live"), refusal=own[0])
    assert [card.why, card.now] == own[1:]
    assert all(f"{name}={value}" in str(error) for name, value in FACTS[refusal].items())
