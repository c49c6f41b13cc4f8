"""A code that an error carries as a fact is told in words, never shown as it is."""

from __future__ import annotations

import pytest

from ppkit.checkup import diagnose, explain
from ppkit.keys import Refusal
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.session import KeyPassedOver, KeyRefused, NoKeyLinked


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", ["practice", "live"])
def test_a_mode_is_told_by_its_name(mode: str, language: str) -> None:
    texts = Texts(language)
    for error in (NoKeyLinked(mode=mode), KeyPassedOver(mode=mode, place=".env")):
        what = explain(diagnose(error), texts).what
        assert texts(f"common.mode.{mode}") in what
        assert mode not in what


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("refusal", list(Refusal))
def test_a_refusal_is_told_by_its_own_sentence(refusal: Refusal, language: str) -> None:
    texts = Texts(language)
    unknown = dict.fromkeys(("place", "name", "character", "vendor"), "…")
    what = explain(diagnose(KeyRefused(refusal=refusal.value, mode="live")), texts).what
    assert what.endswith(texts(f"keys.refusal.{refusal}.what", **unknown))
    assert f"({refusal})" not in what
