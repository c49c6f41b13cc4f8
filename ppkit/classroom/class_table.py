"""The table of a class in words: what its commands, its page and its files show of each learner's course."""

from __future__ import annotations

from ppkit.classroom.board import LearnerRow
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.onboarding import Evidence
from ppkit.onboarding.lessons import LESSONS

KNOWN_BY = (Evidence.VERIFIED, Evidence.PRACTISED, Evidence.DECLARED)


def lesson_heads(texts: Texts) -> list[str]:
    """The lessons, as heads of columns: "1. Connect the key"."""
    return [f"{number}. {texts(f'course.lesson.{one.name}.title')}" for number, one in enumerate(LESSONS, 1)]


def lesson_cells(row: LearnerRow, of: str = "/") -> list[str]:
    """How much of each lesson is done, hidden ones too: "4/9", or with another word between."""
    lessons = [row.course.of(one.name) for one in LESSONS]
    return [f"{lesson.done}{of}{lesson.count}" for lesson in lessons]


def step_in_words(row: LearnerRow, texts: Texts) -> str:
    """What their lesson asks for next; empty where it asks for nothing."""
    return texts(f"onboarding.check.{row.stuck_at}") if row.stuck_at else ""


def evidence_in_words(row: LearnerRow, texts: Texts) -> list[str]:
    """How much was shown to which degree, the surest first: "9 practised"."""
    found = row.evidence
    return [
        texts.plural(
            f"learners.known.{each.label}", found[each], count=formats.number(found[each], texts.language)
        )
        for each in KNOWN_BY
        if found[each]
    ]
