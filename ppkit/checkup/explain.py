"""A diagnosis in a user's words: its texts, with amounts, dates and numbers as the language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter

from ppkit.checkup.diagnosis import Diagnosis
from ppkit.look import formats
from ppkit.look.texts import Texts, read_catalogue
from ppkit.money import Money
from ppkit.spending.limit_texts import refusal_in_words

AT_MOST = ("asked", "highest_cost", "ceiling")
TOLD_SOMETIMES = (
    *("model", "scope", "seconds", "status", "alert", "limit", "shutdown", "minutes", "calls", "places"),
    *("name", "origin", "host", "scheme", "today"),
)
# Never quantities; found, known: versions.
NAMES = ("port", "pid", "status", "year", "found", "known", "value", "line")
CODES = {
    "mode": "common.mode.{value}",
    "origin": "common.origin.{value}",
    "problem": "agency.problem.{value}",
    "refusal": "keys.refusal.{value}.{part}",
}

FAMILIES = ("diagnosis.", "error.", "keys.refusal.")
"""The texts of every situation that a problem on show can be: its name is one of these and a code."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, why, and what to do now."""

    what: str
    why: str
    now: str


def explain(diagnosis: Diagnosis, texts: Texts) -> Explanation:
    """The sentences of a diagnosis. A fact that the platform did not report reads as "…"."""
    prefix = f"error.{diagnosis.code}" if diagnosis.own else f"diagnosis.{diagnosis.code}"
    if f"{prefix}.what" not in texts:
        prefix = "diagnosis.own_error"
    facts = shown_facts(diagnosis.facts, texts.language)
    if not diagnosis.own:
        facts = {**dict.fromkeys(TOLD_SOMETIMES, "…"), **facts}
    facts.setdefault("code", diagnosis.code)
    return Explanation(
        *(texts(f"{prefix}.{part}", **_in_words(facts, part, texts)) for part in ("what", "why", "now"))
    )


def is_situation(name: str) -> bool:
    """Whether there are words for a situation of this name, such as "diagnosis.no_credit"."""
    return name.startswith(FAMILIES) and f"{name}.what" in read_catalogue("en")


def situation_in_words(name: str, texts: Texts) -> str:
    """What happened, where no more is known of it than its name; every fact reads as "…".

    Raises LookupError for a name that is none.
    """
    sentence = read_catalogue(texts.language)[f"{name}.what"][0]
    places = {place for _text, place, _form, _conversion in Formatter().parse(sentence) if place}
    return texts(f"{name}.what", **dict.fromkeys(places, "…"))


def _in_words(facts: Mapping[str, object], part: str, texts: Texts) -> dict[str, object]:
    """A mode as people know it, a limit by its period, and why a text is no key by the refusal's own sentence
    of the same part.

    That sentence is filled with the same facts; any other fact stays as it is.
    """
    told = {
        name: CODES[name].format(value=value, part=part) for name, value in facts.items() if name in CODES
    }
    facts = refusal_in_words(facts, part, texts)
    return {**facts, **{name: texts(text_id, **facts) for name, text_id in told.items() if text_id in texts}}


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
    if isinstance(value, int) and not isinstance(value, bool) and name not in NAMES:
        return formats.number(value, language)
    return value
