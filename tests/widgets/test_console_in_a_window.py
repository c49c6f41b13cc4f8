"""The first lesson where the browser reaches no port: the practice console is played inside the window."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from accessibility import violations_on
from playwright.sync_api import Browser, Frame, Page, Route, expect

from ppkit.look.texts import Texts

from .course_walk import COURSE, SETUP, open_course
from .lab import Lab, Server, new_learner, open_notebook, places_that_hold, quiet_page, save, take_picture
from .learner import Hands, Keyboard, Mouse

pytestmark = pytest.mark.browser
NO_PORT = {"COLAB_RELEASE_TAG": "release-colab_20261120"}
INSIDE = "iframe[data-console]"


@pytest.fixture
def portless(lab_server: Server) -> Iterator[Lab]:
    """A learner whose kernel believes to run where no page of this machine can be opened."""
    with new_learner(lab_server, signs=NO_PORT) as made:
        yield made


@contextmanager
def page_without_ports(chromium: Browser, lab: Lab, width: int) -> Iterator[Page]:
    """A page that reaches JupyterLab and nothing else: no other port, no proxy."""

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    asked: list[str] = []
    port = lab.url.split("/")[2]
    elsewhere = re.compile(rf"^http://(?!{re.escape(port)}/)|/proxy/")
    with quiet_page(chromium, lab, width=width, height=800) as (page, _elsewhere):
        page.route(elsewhere, refuse)
        yield page
    assert asked == []


def console_of(page: Page, window: str = SETUP) -> Frame:
    """The frame in the window, once a page of the console is in it."""
    inside = page.locator(window).locator(INSIDE)
    expect(inside.content_frame.locator("#content")).to_be_visible()
    frame = inside.element_handle().content_frame()
    assert frame
    return frame


def sign_up_and_pay(page: Page, hands: Hands, texts: Texts) -> None:
    hands.press(page, texts("setup.open.practice"), SETUP)
    console = console_of(page)
    for label in ("Full name", "Organization name"):
        hands.type(console, label, "Ada Prova")
    hands.type(console, "Email address", "ada@example.com")
    hands.press(console, "Create account")
    expect(page.get_by_role("heading", name=texts("setup.credit.heading"))).to_have_count(
        1
    )  # the window has seen it
    hands.press(console, texts("console.task.payment_method.button"))
    hands.press(console, "4242 4242 4242 4242")
    hands.press(console, "Add payment method", "form")
    hands.press(console, "Buy credits", "form")
    expect(console.get_by_role("heading", name="Billing").first).to_be_in_viewport()


def create_key(page: Page, hands: Hands, texts: Texts) -> str:
    """The key is shown once, copied from there, and the platform closed; it is in the clipboard then."""
    hands.press(page, texts("setup.open_keys"), SETUP)
    console = console_of(page)
    hands.press(console, "Create new secret key")
    hands.type(console, "Name", "PostPickr-AI", "main")
    hands.press(console, "Create secret key")
    hands.press(console, texts("common.button.copy"), "main")
    expect(console.get_by_role("button", name=texts("common.button.copied"))).to_be_in_viewport()
    key = str(page.evaluate("navigator.clipboard.readText()"))
    assert key.startswith("sk-practice-")
    hands.press(console, "Done", "main")
    expect(console.get_by_role("status").last).to_contain_text(f"...{key[-4:]}")
    assert key not in console.content()
    hands.press(page, texts("practice_console.close"), SETUP)
    expect(page.locator(INSIDE)).to_have_count(0)
    return key


@pytest.mark.parametrize(
    ("language", "width", "hands"), [("it", 1280, Mouse()), ("en", 400, Keyboard())], ids=["it", "en"]
)
def test_the_first_lesson_is_played_without_a_port_and_leaks_nothing(
    chromium: Browser, portless: Lab, language: str, width: int, hands: Hands
) -> None:
    texts = Texts(language)
    with page_without_ports(chromium, portless, width) as page:
        open_course(page, portless, language)
        hands.press(page, texts("course.start"), COURSE)
        sign_up_and_pay(page, hands, texts)
        take_picture(page, f"{language}-inside-2-credit")
        key = create_key(page, hands, texts)
        hands.type(page, texts("setup.key.label"), key, SETUP)
        hands.press(page, texts("common.button.check"), f"{SETUP} form")
        hands.press(page, texts("checkup.consent.agree"), SETUP)
        expect(page.locator(f"{SETUP} .pp-verdict")).to_contain_text(texts("checkup.verdict.usable"))
        hands.press(page, texts("common.button.continue"), SETUP)
        hands.press(page, texts("setup.link.button"), SETUP)
        expect(page.locator(SETUP).get_by_text(texts("onboarding.check.link.linked")).last).to_be_visible()
        save(page)
        assert len(page.context.pages) == 1
    assert places_that_hold(key, portless.folder) == []


SHOWN = "import ppkit\nwindow = ppkit.console()\nwindow"
STATE = (
    "from pathlib import Path\nPath('state.txt').write_text(repr(window.get_state()) + repr(vars(window)))"
)


def test_a_key_and_a_card_shown_in_the_window_are_in_no_trait_and_no_notebook(
    chromium: Browser, portless: Lab
) -> None:
    notebook = portless.notebook("console.ipynb", SHOWN, STATE)
    window = '[data-window="practice_console"]'
    with page_without_ports(chromium, portless, 1600) as page:
        open_notebook(page, portless, notebook, run=False)
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
        mouse, console = Mouse(), console_of(page, window)
        for label in ("Full name", "Organization name"):
            mouse.type(console, label, "Ada Prova")
        mouse.type(console, "Email address", "ada@example.com")
        mouse.press(console, "Create account")
        mouse.press(console, "Add the card")
        mouse.press(console, "4000 0000 0000 9995")
        mouse.press(console, "Add payment method", "form")
        expect(console.get_by_role("heading", name="Buy credits")).to_be_visible()  # the answer has come
        mouse.press(console, "API keys")
        mouse.press(console, "Create new secret key")
        mouse.type(console, "Name", "PostPickr-AI", "main")
        mouse.press(console, "Create secret key")
        key = console.locator("#secret").input_value()
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
        page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.content.widgets[1].model.executionCount"
        )
        expect(console.locator("#secret")).to_have_value(key)
        save(page)
    saved = (portless.work / notebook).read_text("utf-8")
    assert json.loads(saved)["metadata"]["widgets"]  # the worst case: traits are saved, too
    assert "Ada Prova" not in saved
    state = (portless.work / "state.txt").read_text("utf-8")
    for secret in (key, "4000 0000 0000 9995", "4000000000009995"):
        assert places_that_hold(secret, portless.folder) == []
        assert secret not in state


def test_an_invoice_is_saved_from_inside_the_window_and_pages_are_accessible(
    chromium: Browser, portless: Lab
) -> None:
    notebook = portless.notebook("console.ipynb", "import ppkit\nppkit.console()")
    with page_without_ports(chromium, portless, 1600) as page:
        open_notebook(page, portless, notebook)
        console, mouse = console_of(page, '[data-window="practice_console"]'), Mouse()
        for label in ("Full name", "Organization name"):
            mouse.type(console, label, "Ada Prova")
        mouse.type(console, "Email address", "ada@example.com")
        mouse.press(console, "Create account")
        mouse.press(console, "Add the card")
        mouse.press(console, "4242 4242 4242 4242")
        mouse.press(console, "Add payment method", "form")
        mouse.press(console, "Buy credits", "form")
        expect(console.get_by_text("$10.00").first).to_be_visible()
        mouse.press(console, "Billing history")
        with page.expect_download() as saving:
            mouse.press(console, "Download invoice", "main")
        assert saving.value.path().read_bytes().startswith(b"%PDF")
        assert re.fullmatch(r"PRACTICE-[\d-]+\.pdf", saving.value.suggested_filename)
        assert violations_on(console) == []
        assert violations_on(page, '[data-window="practice_console"]') == []


def test_the_console_follows_the_windows_language_and_keeps_what_was_typed(
    chromium: Browser, portless: Lab
) -> None:
    notebook = portless.notebook("console.ipynb", "import ppkit\nppkit.console()")
    with page_without_ports(chromium, portless, 1600) as page:
        open_notebook(page, portless, notebook)
        window = page.locator('[data-window="practice_console"]')
        console = console_of(page, '[data-window="practice_console"]')
        expect(console.get_by_text(Texts("en")("console.sign_up.text"))).to_be_visible()
        Mouse().type(console, "Full name", "Ada Prova")
        window.get_by_role("button", name="IT").click()
        expect(console.get_by_text(Texts("it")("console.sign_up.text"))).to_be_visible()
        expect(console.get_by_label("Full name")).to_have_value("Ada Prova")
        page.evaluate(
            "void window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
        )
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        expect(console.locator("html")).to_have_attribute("data-jp-theme-light", "false")
        take_picture(page, "it-inside-dark")
