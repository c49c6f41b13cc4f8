"""Buttons and a field of a window in a real JupyterLab, used while it answers or is drawn again.

All tests use one page of JupyterLab; each has a window that nobody has touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .lab import Server, new_learner, open_notebook, quiet_page

pytestmark = pytest.mark.browser
BUTTONS = """
import ppkit
from ppkit.widgets.base.view import View

class Counter(View):
    clicks = 0
    action = "send"
    next_action = "send"

    def draw(self):
        self.html = (
            f'<p>clicks: {self.clicks}</p><form data-action="{self.action}">'
            '<label for="note">Note</label><input id="note" name="note" value="">'
            '<button class="pp-button">Send</button></form>'
            '<button class="pp-button" type="button" data-action="count">Count</button>'
        )

    def receive(self, action, fields, secrets):
        self.clicks += 1
        self.action = self.next_action
        self.draw()

counter = Counter(fallback="", silence="<p>The kernel does not answer.</p>")
counter.draw()
counter
"""
PAY_NEXT = "counter.next_action = 'pay'"
REDRAWS = """
import time
for _ in range(100):
    counter.clicks += 1
    counter.draw()
    time.sleep(0.01)
"""
AT_REST = ".pp-view:not([data-busy])"
LATE_SECOND_CLICK = """button => {
    button.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail: 2 }));
    return button.closest(".pp-view").hasAttribute("data-busy");
}"""
RUN = """cell => {
  window.hasRun = false;
  window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
  window.jupyterapp.commands.execute("notebook:run-cell").then(() => { window.hasRun = true; });
}"""
CELLS = """() =>
  window.jupyterapp.shell.currentWidget.content.widgets.map(({ model }) => [model.type, model.id])"""


@pytest.fixture(scope="module")
def notebook(chromium: Browser, lab_server: Server) -> Iterator[Page]:
    with new_learner(lab_server) as lab, quiet_page(chromium, lab) as (opened, _elsewhere):
        open_notebook(opened, lab, lab.notebook("buttons.ipynb", BUTTONS, PAY_NEXT, REDRAWS), run=False)
        yield opened


@pytest.fixture
def page(notebook: Page) -> Page:
    run_cell(notebook, 0)
    expect(notebook.get_by_text("clicks: 0")).to_be_visible()
    return notebook


def run_cell(page: Page, place: int) -> None:
    page.evaluate(RUN, place)
    page.wait_for_function("window.hasRun")


def cells(page: Page) -> Any:
    return page.evaluate(CELLS)


def press_at_once(page: Page, *names: str) -> None:
    """Press buttons faster than anything can be answered."""
    press = "(buttons, names) => names.forEach(name => buttons.find(one => one.textContent === name).click())"
    page.locator(".pp-view button").evaluate_all(press, list(names))
    expect(page.locator(AT_REST)).to_be_visible()


def test_a_double_click_is_one_click(page: Page) -> None:
    count = page.get_by_role("button", name="Count")
    count.dblclick()
    expect(page.locator(AT_REST)).to_be_visible()
    expect(page.get_by_text("clicks: 1")).to_be_visible()
    # Half a second may lie between the two: time enough for an answer to the first.
    assert count.evaluate(LATE_SECOND_CLICK) is False
    count.click()
    expect(page.get_by_text("clicks: 2")).to_be_visible()


def test_another_button_pressed_while_a_click_is_on_its_way_counts_after_it(page: Page) -> None:
    press_at_once(page, "Count", "Send", "Count")
    expect(page.get_by_text("clicks: 2")).to_be_visible()
    press_at_once(page, "Send", "Count")
    expect(page.get_by_text("clicks: 4")).to_be_visible()


def test_a_button_that_came_to_mean_something_else_is_not_pressed_for_the_person(page: Page) -> None:
    run_cell(page, 1)
    press_at_once(page, "Count", "Send")
    press_at_once(page, "Count")
    expect(page.get_by_text("clicks: 2")).to_be_visible()


def test_half_typed_text_and_focus_survive_a_hundred_redraws(page: Page) -> None:
    note = page.get_by_label("Note")
    page.evaluate(RUN, 2)
    note.click()
    page.keyboard.type("half a sentence", delay=30)
    expect(page.get_by_text("clicks: 100")).to_be_visible()
    expect(note).to_have_value("half a sentence")
    expect(note).to_be_focused()


def test_letters_typed_on_a_button_leave_the_notebook_alone(page: Page) -> None:
    """The last one here: where it fails, cells are gone."""
    page.get_by_role("button", name="Count").focus()
    before = cells(page)
    for letter in "ddxmyrabcvz":
        page.keyboard.press(letter)
    page.keyboard.press("Shift+M")
    assert cells(page) == before
    expect(page.get_by_role("button", name="Count")).to_be_focused()
