"""What a sentence names on the screen is there, by that name, in practice as on the real platform."""

from __future__ import annotations

import pytest

from ppkit.keys import PasteRefusal
from ppkit.look.texts import LANGUAGES, Texts, read_catalogue
from ppkit.money import Money

pytestmark = pytest.mark.parametrize("language", LANGUAGES)


@pytest.mark.parametrize(
    "refusal", [PasteRefusal.HALF, PasteRefusal.INNER_SPACES, PasteRefusal.STRANGE_CHARACTER]
)
def test_the_button_that_copies_a_key_is_named_as_it_reads(language: str, refusal: PasteRefusal) -> None:
    texts = Texts(language)
    told = texts(f"keys.refusal.{refusal}.now")
    assert f"“{texts('common.button.copy')}”" in told
    assert "“Copy”" in told  # the real platform's


def test_whoever_pastes_the_wrong_thing_is_not_sent_to_the_real_platform_only(language: str) -> None:
    told = read_catalogue(language)
    ways_on = [text for name, forms in told.items() if name.startswith("keys.refusal.") for text in forms]
    assert not [text for text in ways_on if "platform.openai.com" in text]


def test_an_alert_above_the_limit_is_told_in_the_words_of_the_fields(language: str) -> None:
    texts = Texts(language)
    amounts = {"soft": Money.usd(2), "hard": Money.usd(1)}
    told = " ".join(
        texts(f"error.limit_soft_above_hard.{part}", **amounts) for part in ("what", "why", "now")
    )
    for field in ("costs.soft", "costs.hard"):
        assert texts(field).partition(" in USD")[0].lower() in told.lower()
