"""The drill in a real JupyterLab, by keyboard: every click on the practice platform is a real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from accessibility import violations_on
from playwright.sync_api import Browser, Page, expect

from ppkit.practice_platform.address import find_running
from ppkit.practice_platform.remote import Control

from .lab import Lab, open_notebook, places_that_hold, quiet_page, save, take_picture
from .learner import Keyboard, new_tab

pytestmark = pytest.mark.browser
ASSISTANT, DRILL = '[data-window="assistant"]', '[data-window="key_rotation"]'
CELLS = ("import ppkit\nppkit.session().practice_link.address()\nppkit.assistant()", "ppkit.replace_key()")
hands = Keyboard()


def heading(page: Page, words: str) -> None:
    """The screen with this heading has come, and the keyboard is where reading begins."""
    expect(page.locator(f"{DRILL} h2")).to_have_text(words)
    expect(page.locator(f"{DRILL} h2")).to_be_focused()


def come_back(page: Page) -> None:
    """What a browser with a window does by itself when the user returns to the tab."""
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def link_first_key(page: Page, home: Path) -> str:
    platform = find_running(home)
    assert platform is not None
    key = str(Control(platform).post("key", name="PostPickr-AI")["key"])
    hands.press(page, "Link an API key", ASSISTANT)
    hands.type(page, "Secret key", key, ASSISTANT)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Replace sk-…")).to_be_visible()
    return key


def create_key(page: Page, name: str) -> str:
    console = new_tab(page, hands, "Open “API keys”", DRILL)
    hands.press(console, "Create new secret key")
    hands.type(console, "Name", name, "main")
    hands.press(console, "Create secret key")
    key = console.get_by_label(f"Secret key “{name}”").input_value()
    console.close()
    come_back(page)
    return key


def revoke(page: Page, key: str) -> None:
    """Its end distinguishes it from the other, as the window says."""
    console = new_tab(page, hands, "Open “API keys”", DRILL)
    line = f'tr:has-text("{key[-4:]}")'
    hands.press(console, "Revoke", line)
    hands.press(console, "Revoke", "form")
    expect(console.locator(line)).to_have_count(0)
    console.close()
    come_back(page)


def paste(page: Page, key: str) -> None:
    hands.type(page, "New key", key, DRILL)
    hands.press(page, "Link the new key", DRILL)
    expect(page.locator(DRILL).get_by_label("New key")).not_to_have_value(key)


def test_a_key_is_replaced_by_keyboard_alone_with_its_mistakes_and_leaks_nothing(
    chromium: Browser, lab: Lab
) -> None:
    with quiet_page(chromium, lab) as (page, elsewhere):
        (lab.work / "en").mkdir()
        open_notebook(page, lab, lab.notebook("en/drill.ipynb", *CELLS))
        expect(page.locator(DRILL)).to_be_visible()
        old = link_first_key(page, lab.home)
        hands.press(page, "Replace sk-…", DRILL)
        heading(page, "Create the new key and leave the old one alone")
        new = create_key(page, "PostPickr-AI-2")
        expect(page.locator(f"{DRILL} h2")).to_have_text("Paste the new key")
        paste(page, old)
        expect(page.locator(f"{DRILL} .pp-problem")).to_contain_text("This is the old key")
        paste(page, new)
        heading(page, "Prove that the new key works")
        hands.press(page, "Run the test", DRILL)
        heading(page, "Now revoke the old key")
        take_picture(page, "drill-4-revoke")
        revoke(page, old)
        expect(page.locator(f"{DRILL} h2")).to_have_text("Show that the old key is dead")
        hands.press(page, "Try the old key", DRILL)
        heading(page, "Done: the key is replaced")
        take_picture(page, "drill-done")
        found = violations_on(page, ".ppkit")
        save(page)
        assert found == []
        assert elsewhere == []
    assert [places_that_hold(key, lab.folder) for key in (old, new)] == [[], []]
