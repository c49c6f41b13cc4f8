"""The hand-over sheet and the table of a class, in a real JupyterLab."""

from __future__ import annotations

from pathlib import Path

import pytest
from accessibility import violations_on
from playwright.sync_api import Browser, Download, Page, expect

from ppkit.clock import SystemClock
from ppkit.look.texts import Texts
from ppkit.onboarding import Progress
from ppkit.onboarding.lessons import LESSONS, TRAINER_FILES, Course

from .lab import Lab, open_notebook, quiet_page, take_picture
from .learner import Hands, Mouse

pytestmark = pytest.mark.browser
COURSE, SHEET, LEARNERS = (f'[data-window="{name}"]' for name in ("course", "handover", "learners"))


def finish_the_course(lab: Lab) -> Course:
    course = Course(Progress(lab.home / "practice" / "progress.json"), SystemClock(), "practice")
    for lesson in LESSONS:
        for check in lesson.checks:
            course.record(check)
    return course


def downloaded(page: Page, hands: Hands, words: str, inside: str) -> Download:
    with page.expect_download() as coming:
        hands.press(page, words, inside)
    return coming.value


def open_at(page: Page, lab: Lab, notebook: str, window: str) -> None:
    page.goto(lab.address(notebook, "doc"))
    expect(page.locator(window)).to_be_visible(timeout=90_000)


def test_the_sheet_is_a_page_of_its_own_that_axe_finds_clean(
    chromium: Browser, lab: Lab, tmp_path: Path
) -> None:
    finish_the_course(lab)
    (lab.work / "it").mkdir()
    notebook = lab.notebook("it/mine.ipynb", "import ppkit\nppkit.handover()")
    with quiet_page(chromium, lab, width=1280, height=800) as (page, _elsewhere):
        open_notebook(page, lab, notebook)
        expect(page.locator(SHEET)).to_be_visible(timeout=90_000)
        expect(page.locator(SHEET).get_by_text(Texts("it")("handover.looking"))).to_have_count(0)
        take_picture(page, "handover-it-1280")
        assert violations_on(page, SHEET) == []
        file = downloaded(page, Mouse(), Texts("it")("handover.html"), SHEET)
        kept = tmp_path / "sheet.html"
        file.save_as(kept)
        page.goto(kept.as_uri())
        expect(page.get_by_role("heading", level=1)).to_have_text(Texts("it")("papers.sheet.title"))
        assert violations_on(page) == []


def test_a_trainer_pastes_codes_and_sees_the_class(chromium: Browser, lab: Lab) -> None:
    code = finish_the_course(lab).code
    lab.lessons()
    texts = Texts("it")
    with quiet_page(chromium, lab, width=1280, height=800) as (page, _elsewhere):
        open_at(page, lab, f"it/{TRAINER_FILES['it']}", LEARNERS)
        take_picture(page, "learners-opened")
        page.locator(LEARNERS).get_by_label(texts("learners.lines")).fill(
            f"Anna {code}\nBruno x\nCarla {code}"
        )
        Mouse().press(page, texts("learners.show"), LEARNERS)
        expect(page.locator(LEARNERS).get_by_role("rowheader")).to_have_count(2)
        take_picture(page, "learners-shown")
        assert violations_on(page, LEARNERS) == []
        page.locator(LEARNERS).get_by_role("link", name=texts("lesson.map")).click()
        expect(page.locator(COURSE)).to_be_visible(timeout=60_000)
