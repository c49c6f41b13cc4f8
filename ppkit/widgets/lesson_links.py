"""Where a lesson lies from here: notebooks live in folders named after their language, twins side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ppkit.look.texts import LANGUAGES
from ppkit.onboarding.lessons import MAP_FILES, CourseMap


def link_to(files: Mapping[str, str], language: str, folder: Path | None = None) -> str:
    """A relative link to a lesson's notebook in this language, from the folder in which the kernel works."""
    name = (folder or Path.cwd()).name
    if name == language:
        return files[language]
    return f"{'../' if name in LANGUAGES else ''}{language}/{files[language]}"


@dataclass(frozen=True, slots=True)
class LessonEnd:
    """Where a finished lesson leads: the next one by its name, or back to the map."""

    after: str | None
    link: str
    is_end_of_course: bool


def lesson_end(course: CourseMap, name: str, language: str) -> LessonEnd | None:
    """The way on from this lesson; None while it is not finished."""
    if not course.of(name).is_finished:
        return None
    _before, after = course.beside(name)
    files = after.lesson.files if after else MAP_FILES
    return LessonEnd(after.name if after else None, link_to(files, language), course.is_finished)
