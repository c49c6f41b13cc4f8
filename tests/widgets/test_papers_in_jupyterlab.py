"""What a learner takes away, in a real JupyterLab: the certificate, the sheet, and the lesson of code."""

from __future__ import annotations

from pathlib import Path

import pytest
from accessibility import violations_on
from papers.reading import words_of_page, words_of_pdf
from playwright.sync_api import Browser, Download, Page, expect

from ppkit.clock import SystemClock
from ppkit.look.texts import Texts
from ppkit.onboarding import Progress
from ppkit.onboarding.lessons import LESSONS, MAP_FILES, TRAINER_FILES, Course, lesson_named

from .lab import Lab, quiet_page, save, take_picture
from .learner import Hands, Keyboard, Mouse

pytestmark = pytest.mark.browser
COURSE, SHEET, LEARNERS, LESSON, COSTS = (
    f'[data-window="{name}"]' for name in ("course", "handover", "learners", "lesson", "costs")
)
NAME = "Anna Bianchi"


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


@pytest.mark.parametrize(
    ("language", "hands", "width"),
    [("it", Mouse(), 1280), ("en", Keyboard(), 400)],
    ids=["mouse", "keyboard"],
)
def test_who_has_finished_takes_certificate_and_sheet_away(
    chromium: Browser, lab: Lab, language: str, hands: Hands, width: int
) -> None:
    finish_the_course(lab)
    lab.lessons()
    texts = Texts(language)
    with quiet_page(chromium, lab, width=width, height=800) as (page, elsewhere):
        open_at(page, lab, f"{language}/{MAP_FILES[language]}", COURSE)
        hands.type(page, texts("papers.offer.name"), NAME, COURSE)
        take_picture(page, f"course-finished-{language}-{width}")
        certificate = downloaded(page, hands, texts("papers.offer.certificate"), COURSE)
        expect(
            page.locator(COURSE).get_by_text(texts("papers.downloaded", name=certificate.suggested_filename))
        ).to_be_in_viewport()
        take_picture(page, f"course-certificate-{language}-{width}")
        words = words_of_pdf(Path(certificate.path()).read_bytes())
        assert NAME in words
        assert "PRACTICE / PRATICA" in words
        as_page = downloaded(page, hands, texts("papers.offer.as_page"), COURSE)
        assert NAME in words_of_page(Path(as_page.path()).read_text("utf-8"))
        sheet = downloaded(page, hands, texts("papers.offer.sheet"), COURSE)
        assert texts("papers.sheet.title") in words_of_pdf(Path(sheet.path()).read_bytes())
        assert violations_on(page, COURSE) == []
        save(page)
        assert elsewhere == []
    assert not [path for path in lab.work.rglob("*.ipynb") if NAME in path.read_text("utf-8")]


def test_the_sheet_is_a_page_of_its_own_that_axe_finds_clean(
    chromium: Browser, lab: Lab, tmp_path: Path
) -> None:
    finish_the_course(lab)
    (lab.work / "it").mkdir()
    notebook = lab.notebook("it/mine.ipynb", "import ppkit\nppkit.handover()")
    with quiet_page(chromium, lab, width=1280, height=800) as (page, _elsewhere):
        page.goto(lab.address(notebook))
        page.wait_for_function(
            "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
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


def test_code_that_is_shown_waits_for_its_reader(chromium: Browser, lab: Lab) -> None:
    lab.lessons()
    with quiet_page(chromium, lab, height=800) as (page, _elsewhere):
        open_at(page, lab, f"en/{lesson_named('python').files['en']}", LESSON)
        take_picture(page, "python-opened")
        prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
        expect(prompts.nth(1)).to_have_text("[ ]:")
        page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
        for _cell in range(page.locator(".jp-Cell").count() - 5):
            page.keyboard.press("Shift+Enter")
        expect(page.locator(LESSON).get_by_text(Texts("en")("lesson.finished"))).to_be_attached(
            timeout=60_000
        )
        expect(prompts.nth(10)).to_have_text("[12]:", timeout=60_000)
        expect(page.locator(f"{COSTS} .pp-lesson-end")).to_be_attached()
        take_picture(page, "python-run")
        assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0


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
