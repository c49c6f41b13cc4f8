"""Whether the course that an agency's file describes can be taught."""

from __future__ import annotations

from pathlib import Path

from ppkit.agency import Agency, AgencyFileInvalid
from ppkit.onboarding.lessons import LESSONS


def check_course(agency: Agency, path: Path) -> Agency:
    """The agency that was read from `path`, if it hides only lessons that there are, and not all of practice.

    Raises AgencyFileInvalid.
    """
    names = {lesson.name for lesson in LESSONS}
    practised = {lesson.name for lesson in LESSONS if lesson.mode == "practice"}
    if not agency.hidden <= names or practised <= agency.hidden:  # else there is nothing to certify
        raise AgencyFileInvalid("impossible", path, "course.hide", '["real", "python"]')
    return agency
