"""Whatever goes wrong becomes a card: what happened, why, what to do now; details folded, no traceback."""

from __future__ import annotations

from dataclasses import dataclass

from ppkit.checkup import Diagnosis, Link, diagnose, known_links
from ppkit.checkup.explain import explain, shown_facts
from ppkit.checkup.hints import hints_for
from ppkit.checkup.root_causes import causes_of_diagnosis
from ppkit.keys import PastedKey, redact
from ppkit.look.texts import Texts


@dataclass(frozen=True, slots=True)
class Card:
    """A problem in one language, ready to be drawn."""

    code: str
    what: str
    why: str
    now: str
    technical: str
    links: tuple[Link, ...] = ()
    hints: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()  # codes of narrower diagnoses to choose from


Problem = Diagnosis | PastedKey
"""What a window has to tell: a named situation, or why a pasted text is no key."""


def problem_of(error: Exception) -> Problem:
    """Never raises and never quotes a secret."""
    return diagnose(error)


def card_of(problem: Problem, texts: Texts) -> Card:
    """The sentences of a problem, in the language of `texts`."""
    return (
        _refusal_card(problem, texts) if isinstance(problem, PastedKey) else _diagnosis_card(problem, texts)
    )


def _diagnosis_card(diagnosis: Diagnosis, texts: Texts) -> Card:
    told = explain(diagnosis, texts)
    details = " · ".join(f"{name}: {value}" for name, value in diagnosis.details.items())
    return Card(
        diagnosis.code,
        told.what,
        told.why,
        told.now,
        redact(details),
        diagnosis.links,
        hints_for(diagnosis, texts),
        causes_of_diagnosis(diagnosis),
    )


def _refusal_card(understood: PastedKey, texts: Texts) -> Card:
    if understood.refusal is None:
        raise ValueError("a key was found: there is nothing to tell")
    named = f"keys.refusal.{understood.refusal}"
    facts = shown_facts(understood.facts, texts.language)
    what, why, now = (texts(f"{named}.{part}", **facts) for part in ("what", "why", "now"))
    return Card(understood.refusal.value, what, why, now, technical="", links=(known_links()["keys"],))
