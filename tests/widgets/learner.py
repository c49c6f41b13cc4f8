"""A person who reads the notebook and does what it says, with the mouse or with the keyboard alone."""

from __future__ import annotations

import re
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 150
FOCUSED = "() => document.activeElement.outerHTML.slice(0, 60)"


class Hands(Protocol):
    """How a person presses and types; everything is found by the words that are read."""

    def press(self, page: Page, words: str, inside: str = "body") -> None: ...

    def type(self, page: Page, label: str, text: str, inside: str = "body") -> None: ...


def control(page: Page, words: str, inside: str) -> Locator:
    """The button or link with these words."""
    name = re.compile(re.escape(words))
    return (
        page.locator(inside)
        .get_by_role("button", name=name)
        .or_(page.locator(inside).get_by_role("link", name=name))
        .first
    )


class Mouse:
    def press(self, page: Page, words: str, inside: str = "body") -> None:
        control(page, words, inside).click()

    def type(self, page: Page, label: str, text: str, inside: str = "body") -> None:
        field = page.locator(inside).get_by_label(label).first
        field.click()
        field.fill(text)


class Keyboard:
    """Tab, Enter and letters; nothing is pointed at."""

    def press(self, page: Page, words: str, inside: str = "body") -> None:
        self._go_to(page, control(page, words, inside), words)
        page.keyboard.press("Enter")

    def type(self, page: Page, label: str, text: str, inside: str = "body") -> None:
        self._go_to(page, page.locator(inside).get_by_label(label).first, label)
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(text)

    def _go_to(self, page: Page, wanted: Locator, words: str) -> None:
        expect(wanted).to_be_visible()
        passed = []
        for key in ("Tab", "Shift+Tab"):
            for _ in range(MOST_TABS):
                if wanted.evaluate("element => element === document.activeElement"):
                    return
                page.keyboard.press(key)
                passed.append(str(page.evaluate(FOCUSED)))
        raise AssertionError(f"{words} cannot be reached by Tab; passed: {passed[:30]}")


def new_tab(page: Page, hands: Hands, words: str, inside: str) -> Page:
    with page.context.expect_page() as opening:
        hands.press(page, words, inside)
    opened = opening.value
    opened.set_default_timeout(60_000)
    return opened
