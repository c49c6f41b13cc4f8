"""The course in a real JupyterLab and Chromium: from the map to the certificate in one go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from ppkit.onboarding.lessons import LESSONS, MAP_FILES

from .course_walk import ASSISTANT, COSTS, DRILLS, REAL, REPLACEMENT, SETUP, CourseWalk, open_course
from .first_lessons import be_stopped, connect, write_and_draw
from .lab import Lab, places_that_hold, quiet_page, save
from .last_lessons import NAME, leave_for_later, run_the_code, take_away
from .learner import Counted, Keyboard, Mouse
from .mending_lesson import DRILLS_OF, mend

pytestmark = pytest.mark.browser


# tests/lite walks through the narrow page with the mouse: the same windows, in Italian, the longer language.
@pytest.mark.parametrize(
    ("language", "hands", "width"),
    [("it", Mouse, 1280), ("it", Keyboard, 400), ("en", Keyboard, 1280)],
    ids=["it-mouse-1280", "it-keyboard-400", "en-keyboard-1280"],
)
def test_who_only_reads_gets_from_the_map_to_the_certificate_and_leaks_nothing(
    chromium: Browser, lab: Lab, language: str, hands: Any, width: int
) -> None:
    with quiet_page(chromium, lab, width=width, height=800) as (page, elsewhere):
        walk = CourseWalk(page, Counted(hands()) if hands is Mouse else hands(), language)
        open_course(page, lab, language)
        expect(page.locator(".jp-Cell.jp-mod-active")).to_have_css("box-shadow", "none")  # no frame yet
        connect(walk)
        walk.go_on("create", SETUP, ASSISTANT)
        write_and_draw(walk)
        walk.go_on("costs", ASSISTANT, COSTS)
        be_stopped(walk)
        walk.go_on("mend", ASSISTANT, DRILLS)
        mend(walk, DRILLS_OF[width])
        walk.go_on("real", REPLACEMENT, REAL)
        leave_for_later(walk)
        run_the_code(walk)
        take_away(walk)
        save(page)
        assert elsewhere == []
    assert_saved_without_windows(lab, language)
    assert [places_that_hold(key, lab.folder) for key in walk.keys] == [[] for _ in walk.keys]


def assert_saved_without_windows(lab: Lab, language: str) -> None:
    """Another day they would be errors. What the reader's own code has printed stays."""
    for files, shows_code in ((MAP_FILES, False), *((one.files, one.shows_code) for one in LESSONS)):
        text = (lab.work / language / files[language]).read_text("utf-8")
        saved = json.loads(text)
        assert NAME not in text
        assert "widgets" not in saved["metadata"]
        assert "application/vnd.jupyter.widget-view+json" not in text
        assert shows_code or all(not cell.get("outputs") for cell in saved["cells"])
