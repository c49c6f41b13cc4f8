"""Windows and lessons in a real JupyterLab and Chromium, beside the way through the course."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from accessibility import violations_on
from playwright.sync_api import Browser, Page, expect

from ppkit.look.texts import Texts

from .lab import READY, Lab, new_learner, open_notebook, quiet_page, running_server, take_picture
from .learner import Mouse, new_tab

pytestmark = pytest.mark.browser
WINDOWS = {
    name: f'[data-window="{name}"]' for name in ("course", "setup", "assistant", "costs", "key_rotation")
}
COURSE, SETUP, _ASSISTANT, _COSTS, REPLACEMENT = WINDOWS.values()
TEXTS = Texts("en")


def all_windows(lab: Lab, language: str) -> str:
    """A notebook of the user's own with every window on one page."""
    (lab.work / language).mkdir(exist_ok=True)
    names = ("course", "setup", "assistant", "costs", "drills", "replace_key")
    calls = [*(f"{name}()" for name in names), 'exercise("cards")']
    return lab.notebook(f"{language}/all.ipynb", *(f"import ppkit\nppkit.{call}" for call in calls))


def test_a_changed_lesson_is_run_only_by_someone_who_says_so_and_asks_once(
    chromium: Browser, lab: Lab
) -> None:
    lab.lessons()
    path = lab.work / "en" / "01_connect_the_key.ipynb"
    changed = json.loads(path.read_text("utf-8"))
    changed["cells"][1]["source"] = ["Somebody else's words."]
    path.write_text(json.dumps(changed))
    address = lab.address(f"en/{path.name}", "doc")
    with quiet_page(chromium, lab) as (page, _elsewhere):
        page.goto(address)
        page.get_by_role("button", name="Do not run it").click()
        expect(page.get_by_role("paragraph").filter(has_text="Somebody else's words.")).to_be_visible()
        page.wait_for_function(READY)
        expect(page.locator(SETUP)).to_have_count(0)
        page.goto(address)
        page.get_by_role("button", name="Run the lesson").click()
        expect(page.locator(SETUP)).to_be_visible()
        page.goto(address)
        expect(page.locator(SETUP)).to_be_visible()
        expect(page.get_by_role("button", name="Run the lesson")).to_have_count(0)


def test_from_a_notebook_of_the_users_own_a_lesson_opens_beside_it(chromium: Browser, lab: Lab) -> None:
    lab.lessons()
    own = lab.notebook("en/mine.ipynb", "import ppkit\nppkit.course()")
    with quiet_page(chromium, lab) as (page, _elsewhere):
        open_notebook(page, lab, own)
        Mouse().press(page, TEXTS("course.start"), COURSE)
        expect(page.locator(SETUP)).to_be_visible()
        paths = "() => [...window.jupyterapp.shell.widgets('main')].map(({context}) => context?.path)"
        assert f"{lab.work.name}/{own}" in page.evaluate(paths)


def test_the_practice_platform_has_one_tab_that_leads_back_to_the_notebook(
    chromium: Browser, lab: Lab
) -> None:
    with quiet_page(chromium, lab) as (page, _elsewhere):
        open_notebook(page, lab, all_windows(lab, "en"))
        console = new_tab(page, Mouse(), TEXTS("setup.open.practice"), SETUP)
        expect(console.get_by_label("Full name")).to_be_visible()
        Mouse().press(page, TEXTS("setup.open.practice"), SETUP)
        expect(console.get_by_role("button", name="Back to the notebook")).to_be_visible()
        assert len(page.context.pages) == 2
        with console.expect_event("close"):
            Mouse().press(console, "Back to the notebook")
        expect(page.locator(SETUP)).to_be_visible()


def test_behind_a_hub_the_practice_pages_come_through_the_jupyter_server(
    chromium: Browser, tmp_path: Path
) -> None:
    with (
        running_server(tmp_path / "hub", as_on_a_hub=True) as server,
        new_learner(server) as hub,
        quiet_page(chromium, hub) as (page, elsewhere),
    ):
        open_notebook(page, hub, all_windows(hub, "it"))
        console = new_tab(page, Mouse(), Texts("it")("setup.open.practice"), SETUP)
        expect(console.get_by_label("Full name")).to_be_visible()
        assert console.url.startswith(f"{hub.url}proxy/")
        assert elsewhere == []


GROWING = """
from ppkit.widgets.base.view import View

class Growing(View):
    age = 0

    def redraw(self):
        self.html = f"<p>age: {self.age}</p>"

growing = Growing(fallback="")
growing.redraw()
growing
"""


def test_a_page_that_is_reloaded_shows_the_window_as_it_is_by_then(chromium: Browser, lab: Lab) -> None:
    with quiet_page(chromium, lab) as (page, _elsewhere):
        notebook = lab.notebook("reloaded.ipynb", GROWING, "growing.age = 47")
        open_notebook(page, lab, notebook)
        expect(page.get_by_text("[2]:")).to_be_visible()
        expect(page.get_by_text("age: 0")).to_be_visible()  # it has not been drawn again
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        open_notebook(page, lab, notebook, run=False)
        expect(page.get_by_text("age: 47")).to_be_visible()


LINKED = """
import ppkit
session = ppkit.session()
session.link(session.practice_link.new_key("PostPickr-AI"))
session.wizard.record("link.linked", key=session.linked_key)
"""
RESTART = """() => {
  window.isBack = false;
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  kernel.restart().then(() => { window.isBack = true; });
}"""
RUN_AGAIN = """() => {
  window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
  void window.jupyterapp.commands.execute('notebook:run-cell');
}"""


def test_a_kernel_that_was_restarted_or_is_gone_is_told_within_five_seconds_and_so_is_the_lost_key(
    chromium: Browser, lab: Lab
) -> None:
    assistant = '[data-window="assistant"]'
    silent = f'.ppkit:has({assistant}) > [data-part="silence"]'
    write = TEXTS("assistant.write")
    with quiet_page(chromium, lab) as (page, _elsewhere):
        (lab.work / "en").mkdir()
        open_notebook(
            page, lab, lab.notebook("en/restarted.ipynb", LINKED, "import ppkit\nppkit.assistant()")
        )
        expect(page.locator(assistant)).to_contain_text("sk-…")
        page.evaluate(RESTART)
        page.wait_for_function("window.isBack")
        Mouse().press(page, write, assistant)
        expect(page.locator(silent)).to_contain_text(
            TEXTS("window.silent.now", way=TEXTS("window.silent.way.jupyter")), timeout=5_000
        )
        expect(page.locator(silent)).to_be_in_viewport()
        page.evaluate(RUN_AGAIN)
        expect(page.locator(assistant)).to_contain_text(TEXTS("assistant.key_lost"))
        expect(page.locator(silent)).to_be_empty()
        page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.shutdown()")
        page.wait_for_function("!window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel")
        Mouse().press(page, write, assistant)
        expect(page.locator(silent)).to_contain_text(TEXTS("window.silent.what"), timeout=5_000)


WITHOUT_SIDE_BARS = """() => {
  const { shell } = window.jupyterapp;
  shell.collapseLeft();
  for (const side of ["left", "right"])
    if (shell.isSideTabBarVisible(side)) shell.toggleSideTabBarVisibility(side);
}"""
OUTERMOST = {1280: 1920, 400: 280}


@pytest.mark.parametrize(("language", "view"), [("it", "doc"), ("en", "lab")])
def test_windows_fit_and_are_accessible_in_light_and_dark(
    chromium: Browser, lab: Lab, language: str, view: str
) -> None:
    with quiet_page(chromium, lab) as (page, elsewhere):
        open_notebook(page, lab, all_windows(lab, language), view=view)
        expect(page.locator(REPLACEMENT)).to_be_visible()
        for width, outermost in OUTERMOST.items():
            if width < 600:  # as in a lesson
                page.evaluate(WITHOUT_SIDE_BARS)
            page.set_viewport_size({"width": width, "height": 900})
            found = {theme: looked_at(page, f"{language}-{width}", theme) for theme in ("Light", "Dark")}
            assert found == {"Light": [], "Dark": []}, width
            page.set_viewport_size({"width": outermost, "height": 900})
            assert too_wide(page, f"{language}-{outermost}") == []
        assert elsewhere == []


def looked_at(page: Page, name: str, theme: str) -> list[str]:
    """What is wrong with the windows in this theme of JupyterLab."""
    page.evaluate(
        "theme => void window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
        f"JupyterLab {theme}",
    )
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=f"JupyterLab {theme}")
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    return [*too_wide(page, f"{name}-{theme.lower()}"), *violations_on(page, ".ppkit")]


def too_wide(page: Page, name: str) -> list[str]:
    """The windows of which something is cut off at the side. A table that scrolls by itself is none."""
    wide = []
    for window, place in WINDOWS.items():
        page.locator(place).scroll_into_view_if_needed()
        take_picture(page, f"{name}-{window}")
        if page.locator(place).evaluate("element => element.scrollWidth > element.clientWidth + 1"):
            wide.append(window)
    return wide
