"""A diagnosis in a person's words: its texts, with amounts, dates and numbers as the language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ppkit.checkup.diagnosis import Diagnosis
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money

AT_MOST = ("asked", "highest_cost", "ceiling")
TOLD_SOMETIMES = ("model", "scope", "seconds", "status", "alert", "shutdown", "minutes", "calls", "places")
CODES = {"mode": "common.mode.{}", "refusal": "keys.refusal.{}.what"}
TOLD_BY_LINT = ("place", "name", "character", "vendor")  # a refusal's facts, which an error does not carry


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, why, and what to do now."""

    what: str
    why: str
    now: str


def explain(diagnosis: Diagnosis, texts: Texts) -> Explanation:
    """The sentences of a diagnosis. A fact that the platform did not tell reads as "…"."""
    prefix = f"error.{diagnosis.code}" if diagnosis.own else f"diagnosis.{diagnosis.code}"
    if f"{prefix}.what" not in texts:
        prefix = "diagnosis.own_error"
    facts = shown_facts(diagnosis.facts, texts.language)
    if diagnosis.own:
        facts = {name: _in_words(name, value, texts) for name, value in facts.items()}
    else:
        facts = {**dict.fromkeys(TOLD_SOMETIMES, "…"), **facts}
    facts.setdefault("code", diagnosis.code)
    return Explanation(*(texts(f"{prefix}.{part}", **facts) for part in ("what", "why", "now")))


def _in_words(name: str, value: object, texts: Texts) -> object:
    """A mode, or why a text is no key, as people know it; any other fact as it is."""
    text_id = CODES.get(name, "").format(value)
    return texts(text_id, **dict.fromkeys(TOLD_BY_LINT, "…")) if text_id in texts else value


def shown_facts(facts: Mapping[str, object], language: str) -> dict[str, object]:
    """Facts of any kind, ready for a sentence."""
    return {name: _shown(name, value, language) for name, value in facts.items()}


def _shown(name: str, value: object, language: str) -> object:
    if isinstance(value, Money):
        # What something may cost is never understated.
        return formats.money(value, language, rounding="up" if name in AT_MOST else "nearest")
    if isinstance(value, datetime):
        return f"{formats.date(value, language)}, {formats.time(value)} UTC"
    if isinstance(value, date):
        return formats.date(value, language)
    if isinstance(value, int) and not isinstance(value, bool):
        return formats.number(value, language)
    return value
