"""Where a lesson lies from here: notebooks live in folders named after their language, twins side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ppkit.look.texts import LANGUAGES
from ppkit.onboarding.lessons import MAP_FILES, CourseMap, Lesson


def link_to(files: Mapping[str, str], language: str, folder: Path | None = None) -> str:
    """A relative link to a lesson's notebook in this language, from the folder in which the kernel works."""
    name = (folder or Path.cwd()).name
    if name == language:
        return files[language]
    return f"{'../' if name in LANGUAGES else ''}{language}/{files[language]}"


def link_to_lesson(
    lesson: Lesson, language: str, folder: Path | None = None, environment: Mapping[str, str] = os.environ
) -> str:
    """A relative link to this lesson. One whose code is to be read and run is JupyterLab's in any view.

    Voilà would hide its cells and run them all; it says of itself in a kernel's environment that it is there.
    """
    link = link_to(lesson.files, language, folder)
    if not lesson.shows_code or not environment.get("SERVER_SOFTWARE", "").startswith("voila/"):
        return link
    is_in_folder = (folder or Path.cwd()).name in LANGUAGES
    up = "../" * (3 if is_in_folder else 2)  # from below voila/render
    return f"{up}doc/tree/{language}/{lesson.files[language]}"


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
    link = link_to_lesson(after.lesson, language) if after else link_to(MAP_FILES, language)
    return LessonEnd(after.name if after else None, link, course.is_finished)
