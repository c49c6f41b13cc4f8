"""The course in a page without a server, under a path of its own, with every other address blocked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from accessibility import violations_on
from papers.reading import words_of_page
from playwright.sync_api import Browser, Page, Route, expect
from widgets.course_walk import ASSISTANT, COSTS, COURSE, LESSON, REAL, REPLACEMENT, SETUP
from widgets.first_lessons import be_stopped, connect, write_and_draw
from widgets.last_lessons import NAME, PRACTISED, downloaded, leave_for_later, run_cells
from widgets.learner import Mouse
from widgets.mending_lesson import DRILLS_OF, mend

from ppkit.look.texts import Texts
from ppkit.onboarding.lessons import LESSONS

from .page_walk import FIRST_VISIT_MILLISECONDS, PageWalk, open_map, visitor
from .site import built_site, served

pytestmark = pytest.mark.lite
WIDTH = 400
LANGUAGE = os.environ.get("PPKIT_TEST_PAGE_LANGUAGE", "it")
"""Of the whole course: both would take too long each time."""
BUSY = ".ppkit-busy"
READY = "() => window.jupyterapp?.shell?.currentWidget?.context?.isReady"
WRITE = """async ([path, text]) => {
  const { contents } = window.jupyterapp.serviceManager;
  const { content } = await contents.get(path, { type: "notebook", content: true });
  content.cells[0].source = text;
  await contents.save(path, { type: "notebook", format: "json", content });
}"""
WRITTEN = """async (path) => {
  const { contents } = window.jupyterapp.serviceManager;
  return (await contents.get(path, { content: true })).content.cells[0].source;
}"""
AS_OF_AN_OLDER_PAGE = """(path) => {
  const name = Object.keys(localStorage).find((one) => one.startsWith("ppkit-page:given"));
  localStorage.setItem(name, JSON.stringify({ [path]: "another" }));
}"""
RESTART = "() => void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
OPEN = "(path) => void window.jupyterapp.commands.execute('docmanager:open', { path })"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(built_site(), tmp_path_factory.mktemp("host")) as address:
        yield address


def test_the_course_is_taken_to_its_certificate_with_a_reload_and_nothing_from_elsewhere(
    chromium: Browser, site: str
) -> None:
    with visitor(chromium, site, width=WIDTH) as (page, elsewhere):
        walk = PageWalk(page, Mouse(), LANGUAGE, remembers=True)
        open_map(page, site, LANGUAGE)
        assert violations_on(page, COURSE) == []
        connect(walk)
        walk.go_on("create", SETUP, ASSISTANT)
        write_and_draw(walk)
        walk.go_on("costs", ASSISTANT, COSTS)
        be_stopped(walk)
        expect(page.locator(".ppkit[data-busy]")).to_have_count(0)  # the last image is paid
        spent = walk.window(f"{COSTS} .pp-tile").nth(1)
        before = spent.text_content() or "?"
        page.reload()
        expect(walk.window(COSTS)).to_be_visible(timeout=FIRST_VISIT_MILLISECONDS)
        expect(spent).to_have_text(before)
        assert violations_on(page, COSTS) == []
        walk.press("lesson.next_one", LESSON, title=walk.title("mend"))
        mend(walk, DRILLS_OF[WIDTH])
        walk.go_on("real", REPLACEMENT, REAL)
        leave_for_later(walk)
        run_cells(walk)
        expect(page.get_by_text(walk.texts("runs.no_programs"))).to_be_attached()  # no cell fails here
        walk.press("lesson.to_map", f"{COSTS} .pp-lesson-end")
        done = walk.texts("course.finished_of", finished=PRACTISED, count=len(LESSONS))
        expect(walk.window(COURSE)).to_contain_text(done)
        walk.type("papers.offer.name", NAME, COURSE)
        certificate = downloaded(walk, "papers.offer.as_page")
        assert NAME in words_of_page(Path(certificate.path()).read_text("utf-8"))
        assert elsewhere == []


def test_no_jupyterlab_without_the_course_is_served() -> None:
    assert [path.name for path in (built_site() / "lab").iterdir()] == ["favicon.ico"]


LOADING = "#ppkit-loading"
NO_WEBASSEMBLY = "delete globalThis.WebAssembly"
REFUSED = "IDBFactory.prototype.open = () => { throw new DOMException('refused', 'SecurityError') }"


@pytest.mark.parametrize(
    ("language", "trouble", "missing", "script"),
    [
        ("it", "browser", "", NO_WEBASSEMBLY),
        ("en", "storage", "", REFUSED),
        ("it", "browser", "", "delete Navigator.prototype.locks"),
        ("it", "file", "bundle.js", ""),
        ("it", "file", "it/jupyter-lite.json", ""),
        ("en", "file", "python.mjs", ""),
    ],
)
def test_what_keeps_the_course_from_loading_is_told_with_what_to_do(
    chromium: Browser, site: str, language: str, trouble: str, missing: str, script: str
) -> None:
    with visitor(chromium, site, width=400) as (page, _elsewhere):
        page.add_init_script(script)
        if missing:
            page.context.route(f"**/{missing}*", lambda route: route.fulfill(status=404))
        page.goto(f"{site}{language}/")
        told = page.locator(f"{LOADING} [role=alert]")
        expect(told).to_contain_text(Texts(language)(f"course.loading.{trouble}"), timeout=60_000)
        expect(told).to_be_in_viewport()
        expect(told).to_contain_text(missing)
        if trouble != "browser":  # another browser is wanted, not another try
            expect(told.get_by_role("button")).to_be_focused()
        assert violations_on(page, LOADING) == []


def test_a_second_tab_says_that_the_first_is_in_use_and_goes_on_when_that_is_closed(
    chromium: Browser, site: str
) -> None:
    with visitor(chromium, site, width=1280) as (page, elsewhere):
        walk = PageWalk(page, Mouse(), "en")
        page.goto(f"{site}en/")
        bar = page.get_by_role("progressbar", name=walk.texts("course.loading.title"))
        expect(bar).to_have_attribute("aria-valuetext", walk.texts("course.loading.python"), timeout=60_000)
        expect(page.locator(COURSE)).to_be_visible(timeout=FIRST_VISIT_MILLISECONDS)
        expect(page.locator(LOADING)).to_have_count(0)
        expect(page.locator("#jp-MainMenu")).to_contain_text("Edit")
        expect(page.get_by_text(walk.texts("mode.live.not_here.static_page"))).to_be_visible()
        second = page.context.new_page()
        second.goto(f"{site}en/")
        expect(second.locator(BUSY)).to_be_visible(timeout=FIRST_VISIT_MILLISECONDS)
        expect(second.locator(BUSY)).to_contain_text(walk.texts("course.busy.title"))
        assert violations_on(second, BUSY) == []
        page.close()
        expect(second.locator(COURSE)).to_be_visible(timeout=FIRST_VISIT_MILLISECONDS)
        expect(second.locator(BUSY)).to_have_count(0)
        expect(second.locator(LOADING)).to_have_count(0)
        second.context.route("**/packages.*", lambda route: route.abort())
        second.evaluate(RESTART)
        told = second.locator(f"{LOADING} [role=alert]")
        expect(told).to_contain_text(walk.texts("course.loading.file"))  # again, when the panel had gone
        expect(told.get_by_role("button")).to_be_focused()
        assert elsewhere == []


def test_a_lesson_somebody_wrote_in_stays_theirs_and_a_newer_one_is_offered_once_beside_it(
    chromium: Browser, site: str
) -> None:
    path = "en/03_what_it_costs.ipynb"
    texts = Texts("en")
    with visitor(chromium, site, width=1280) as (page, _elsewhere):
        page.goto(f"{site}en/")
        page.wait_for_function(READY)
        page.evaluate(WRITE, [path, "my own words"])
        page.evaluate(AS_OF_AN_OLDER_PAGE, path)
        page.evaluate(OPEN, path)
        expect(page.get_by_role("dialog")).to_contain_text(texts("course.newer.question"))
        page.get_by_role("button", name=texts("course.newer.open")).click()
        expect(page.get_by_role("dialog")).to_contain_text(texts("course.changed.question"))  # for theirs
        page.get_by_role("button", name=texts("course.changed.leave")).click()
        page.wait_for_function("() => /what_it_costs\\.[0-9a-f]{8}\\./.test(location.search)")
        assert page.evaluate(WRITTEN, path) == "my own words"
        refuse_in_worker(page)
        page.goto(f"{site}en/?path={path}")
        page.get_by_role("button", name=texts("course.changed.run")).click()
        told = page.locator(f"{LOADING} [role=alert]")
        expect(told).to_contain_text(texts("course.loading.storage"), timeout=FIRST_VISIT_MILLISECONDS)
        expect(page.locator(f"{LOADING} [data-step=work]")).not_to_have_attribute("data-done", "")
        expect(page.locator(COSTS)).to_have_count(0)


def refuse_in_worker(page: Page) -> None:
    """Python may keep nothing, while the page may."""

    def answer(route: Route) -> None:
        served = route.fetch()
        route.fulfill(response=served, body=f"{REFUSED};\n{served.text()}")

    page.context.route("**/python.mjs*", answer)
