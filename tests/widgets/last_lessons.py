"""The end of the course: past the lesson that is for real, the lesson of code, and what is taken away."""

from __future__ import annotations

import re
from pathlib import Path

from accessibility import violations_on
from papers.reading import words_of_page, words_of_pdf
from playwright.sync_api import Download, expect

from ppkit.onboarding.lessons import LESSONS

from .course_walk import COSTS, COURSE, LESSON, REAL, CourseWalk
from .learner import Keyboard

ACTIVE = "window.jupyterapp.shell.currentWidget.content.activeCellIndex"
CELLS = "window.jupyterapp.shell.currentWidget.content.widgets.length"  # not all are drawn at first
HAS_MOVED = f"""place => {ACTIVE} === place
  && document.activeElement.closest(".jp-Cell")?.classList.contains("jp-mod-active")"""
NAME = "Anna Bianchi"
PRACTISED = len([lesson for lesson in LESSONS if lesson.mode == "practice"])


def leave_for_later(walk: CourseWalk) -> None:
    """What is done for real is not needed for a certificate of practice; the head leads past it."""
    expect(walk.window(f"{REAL} h2")).to_have_text(walk.texts("for_real.title"))
    walk.picture("14-for-real")
    walk.press("lesson.next_one", LESSON, title=walk.title("python"))
    expect(walk.window(LESSON)).to_contain_text(walk.title("python"))


def run_the_code(walk: CourseWalk) -> None:
    run_cells(walk)
    assert walk.window('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    walk.picture("16-code-run")


def run_cells(walk: CourseWalk) -> None:
    """Cell after cell with Shift + Enter; none has run by itself."""
    prompts = walk.window(".jp-CodeCell .jp-InputPrompt")
    expect(walk.window(".jp-CodeCell.jp-mod-active")).to_be_visible()
    expect(prompts.nth(1)).to_have_text("[ ]:")
    walk.picture("15-code")
    if not isinstance(walk.hands, Keyboard):
        walk.window(".jp-CodeCell").nth(1).locator(".cm-content").click()
    below = walk.page.evaluate(CELLS) - 2  # what it all cost, with a line of text above
    for place in range(walk.page.evaluate(ACTIVE), below):
        walk.page.keyboard.press("Shift+Enter")
        walk.page.wait_for_function(HAS_MOVED, arg=place + 1)
    finished = walk.window(LESSON).get_by_text(walk.texts("lesson.finished"))
    expect(finished).to_be_attached(timeout=60_000)
    expect(prompts.nth(10)).to_have_text(re.compile(r"\[\d+\]:"), timeout=60_000)
    expect(walk.window(f"{COSTS} .pp-lesson-end")).to_be_attached()


def take_away(walk: CourseWalk) -> None:
    """Back on the map: the certificate with a name and PRACTICE on it, as a PDF and a page; the sheet."""
    walk.press("lesson.to_map", f"{COSTS} .pp-lesson-end")
    course = walk.window(COURSE)
    done = walk.texts("course.finished_of", finished=PRACTISED, count=len(LESSONS))
    expect(course).to_contain_text(done)
    expect(course).to_contain_text(walk.texts("course.practised"))
    walk.picture("17-course")
    walk.type("papers.offer.name", NAME, COURSE)
    certificate = downloaded(walk, "papers.offer.certificate")
    walk.picture("18-certificate")
    words = words_of_pdf(Path(certificate.path()).read_bytes())
    assert NAME in words
    assert "PRACTICE / PRATICA" in words
    as_page = downloaded(walk, "papers.offer.as_page")
    assert NAME in words_of_page(Path(as_page.path()).read_text("utf-8"))
    sheet = downloaded(walk, "papers.offer.sheet")
    assert walk.texts("papers.sheet.title") in words_of_pdf(Path(sheet.path()).read_bytes())
    assert violations_on(walk.page, COURSE) == []


def downloaded(walk: CourseWalk, text_id: str) -> Download:
    """The file, once the window tells of it: a key pressed between the two would lose the focus."""
    with walk.page.expect_download() as coming:
        walk.press(text_id, COURSE)
    told = walk.texts("papers.downloaded", name=coming.value.suggested_filename)
    expect(walk.window(COURSE).get_by_text(told)).to_be_in_viewport()
    return coming.value
