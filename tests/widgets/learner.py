"""A person who reads the notebook and does what it says, with the mouse or with the keyboard alone."""

from __future__ import annotations

import re
from typing import Protocol

from playwright.sync_api import Frame, Locator, Page, expect
from playwright.sync_api import Keyboard as PressedKeys

MOST_TABS = 150
IS_ABOVE = """element =>
  document.activeElement.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING"""
FOCUS = """element => ({
  here: element === document.activeElement,
  gone: !element.isConnected,
  on: document.activeElement.outerHTML.slice(0, 60),
})"""


AWAY_IN_LIST = """(list, value) =>
  [...list.options].findIndex(option => option.value === value) - list.selectedIndex"""
AWAY_IN_GROUP = """radio => {
  const group = [...document.getElementsByName(radio.name)].filter(each => each.form === radio.form);
  return group.indexOf(radio) - Math.max(0, group.findIndex(each => each.checked));
}"""


class Hands(Protocol):
    """How a person presses and types; everything is found by the words that are read."""

    def press(self, page: Page | Frame, words: str, inside: str = "body") -> None: ...

    def type(self, page: Page | Frame, label: str, text: str, inside: str = "body") -> None: ...

    def choose(self, page: Page | Frame, label: str, option: str, inside: str = "body") -> None:
        """In a list; `option` is the value of the option."""

    def mark(self, page: Page | Frame, label: str, inside: str = "body") -> None:
        """One of several answers of which one can be given."""


def control(page: Page | Frame, words: str, inside: str) -> Locator:
    """The button or link with these words."""
    name = re.compile(re.escape(words))
    return (
        page.locator(inside)
        .get_by_role("button", name=name)
        .or_(page.locator(inside).get_by_role("link", name=name))
        .first
    )


class Mouse:
    def press(self, page: Page | Frame, words: str, inside: str = "body") -> None:
        control(page, words, inside).click()

    def type(self, page: Page | Frame, label: str, text: str, inside: str = "body") -> None:
        field = page.locator(inside).get_by_label(label).first
        field.click()
        field.fill(text)

    def choose(self, page: Page | Frame, label: str, option: str, inside: str = "body") -> None:
        page.locator(inside).get_by_label(label, exact=True).select_option(option)

    def mark(self, page: Page | Frame, label: str, inside: str = "body") -> None:
        page.locator(inside).get_by_label(label).check()


class Keyboard:
    """Tab, Enter and letters; nothing is pointed at."""

    def press(self, page: Page | Frame, words: str, inside: str = "body") -> None:
        self._go_to(page, control(page, words, inside), words)
        _keys(page).press("Enter")

    def type(self, page: Page | Frame, label: str, text: str, inside: str = "body") -> None:
        self._go_to(page, page.locator(inside).get_by_label(label).first, label)
        _keys(page).press("ControlOrMeta+A")
        _keys(page).type(text)

    def choose(self, page: Page | Frame, label: str, option: str, inside: str = "body") -> None:
        wanted = page.locator(inside).get_by_label(label, exact=True)
        self._go_to(page, wanted, label)
        _arrows(page, wanted.evaluate(AWAY_IN_LIST, option))

    def mark(self, page: Page | Frame, label: str, inside: str = "body") -> None:
        """The group is entered at the answer that was given, else at its first one."""
        wanted = page.locator(inside).get_by_label(label)
        group = page.locator(inside).locator(f'[type="radio"][name="{wanted.get_attribute("name")}"]')
        given = group.and_(page.locator(":checked"))
        self._go_to(page, given if given.count() else group.first, label)
        away = wanted.evaluate(AWAY_IN_GROUP)
        _keys(page).press("Space")
        _arrows(page, away)

    def _go_to(self, page: Page | Frame, wanted: Locator, words: str) -> None:
        """Towards it first, as someone does who sees where it is, then the other way."""
        expect(wanted).to_be_visible()
        # Looked up once: to find it by its words takes longer than to press a key.
        element = wanted.element_handle()
        ways = ("Shift+Tab", "Tab") if element.evaluate(IS_ABOVE) else ("Tab", "Shift+Tab")
        passed = []
        for key in ways:
            for _ in range(MOST_TABS):
                focus = element.evaluate(FOCUS)
                if focus["here"]:
                    return
                if focus["gone"]:  # a redraw has put another one in its place
                    element = wanted.element_handle()
                    continue
                passed.append(focus["on"])
                _keys(page).press(key)
        raise AssertionError(f"{words} cannot be reached by Tab; passed: {passed[:30]}")


def _arrows(page: Page | Frame, steps: int) -> None:
    for _ in range(abs(steps)):
        _keys(page).press("ArrowDown" if steps > 0 else "ArrowUp")


def _keys(page: Page | Frame) -> PressedKeys:
    """There is one keyboard, whatever the focus is in."""
    return page.keyboard if isinstance(page, Page) else page.page.keyboard


WORDS_IN_SIGHT = """() => {
  const ours = document.querySelectorAll(".ppkit.pp-view, .jp-RenderedMarkdown");
  return (ours.length ? [...ours] : [document.body]).map(element => element.innerText).join("\\n");
}"""


class Counted:
    """Counts what these hands do, a field that is gone to like a click, and what has to be read for it.

    A line is counted once, in the lessons and on the platform, however often it is seen again.
    """

    def __init__(self, hands: Hands) -> None:
        self.clicks = 0
        self._hands = hands
        self._lines: set[tuple[str, str]] = set()

    @property
    def words(self) -> int:
        return sum(len(line.split()) for _page, line in self._lines)

    def read(self, page: Page | Frame) -> None:
        lines = page.evaluate(WORDS_IN_SIGHT).splitlines()
        self._lines |= {(page.url.split("/")[2], line.strip()) for line in lines}

    def press(self, page: Page | Frame, words: str, inside: str = "body") -> None:
        self.read(page)
        self.clicks += 1
        self._hands.press(page, words, inside)

    def type(self, page: Page | Frame, label: str, text: str, inside: str = "body") -> None:
        self.read(page)
        self.clicks += 1
        self._hands.type(page, label, text, inside)

    def choose(self, page: Page | Frame, label: str, option: str, inside: str = "body") -> None:
        self.read(page)
        self.clicks += 1
        self._hands.choose(page, label, option, inside)

    def mark(self, page: Page | Frame, label: str, inside: str = "body") -> None:
        self.read(page)
        self.clicks += 1
        self._hands.mark(page, label, inside)


def new_tab(page: Page, hands: Hands, words: str, inside: str) -> Page:
    with page.context.expect_page() as opening:
        hands.press(page, words, inside)
    opened = opening.value
    opened.set_default_timeout(60_000)
    if page.viewport_size:
        opened.set_viewport_size(page.viewport_size)
    return opened
