"""The certificate of the course: a name, what was finished, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ppkit.errors import PpkitError
from ppkit.keys import KeyInText, refuse_keys
from ppkit.keys.masking import HIDDEN
from ppkit.mode import Mode
from ppkit.onboarding import Evidence
from ppkit.onboarding.lessons import CourseMap

LONGEST_NAME = 80


class CourseNotFinished(PpkitError):
    """There is no certificate yet. Facts: finished, count (of lessons)."""

    code = "course_not_finished"


class NameMissing(PpkitError):
    """A certificate needs a name; none was given, or one too long for it. Facts: longest."""

    code = "name_missing"


@dataclass(frozen=True, slots=True)
class FinishedLesson:
    """One lesson by its name, when it was finished, and its weakest evidence."""

    name: str
    at: datetime
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Certificate:
    """`mode` says whether it was practice."""

    mode: Mode
    at: datetime
    name: str
    lessons: tuple[FinishedLesson, ...]


def certificate_for(name: str, course: CourseMap, mode: Mode, at: datetime) -> Certificate:
    """In practice, of the lessons that are practised. Raises KeyInText, NameMissing, CourseNotFinished."""
    refuse_keys("name", name)
    if HIDDEN in name:  # a window has masked a key in it already
        raise KeyInText(field="name")
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise NameMissing(longest=LONGEST_NAME)
    needed = [lesson for lesson in course.lessons if mode == "live" or lesson.lesson.mode == "practice"]
    finished = sum(lesson.is_finished for lesson in needed)
    if finished < len(needed) or (mode == "live" and not course.is_done_for_real):
        raise CourseNotFinished(finished=finished, count=len(needed))
    lessons = tuple(
        FinishedLesson(lesson.name, max(one.at for one in lesson.exercises if one.at), lesson.evidence)
        for lesson in needed
    )
    return Certificate(mode, at, name, lessons)
