"""A person who reads the notebook and does what it says, with the mouse or with the keyboard alone."""

from __future__ import annotations

import re
from typing import Protocol

from playwright.sync_api import Frame, Locator, Page, expect
from playwright.sync_api import Keyboard as PressedKeys

MOST_TABS = 150
GLANCES = 3
BUSY = ".pp-view[data-busy]:visible"
IS_ABOVE = """element =>
  document.activeElement.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING"""
FOCUS = """element => ({
  here: element === document.activeElement,
  gone: !element.isConnected,
  on: document.activeElement.outerHTML.slice(0, 60),
})"""
# How many stops below the focus it seems to lie; above it, the number is negative.
AWAY = """element => {
  const from = document.activeElement;
  const follows = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
  const passed = one => one.type !== "radio" || one.checked || one === element;
  const isSeen = one => !one.disabled && one.checkVisibility({ visibilityProperty: true });
  const kinds = "a[href], button, input, select, textarea, summary, [tabindex]";
  const stops = [...document.querySelectorAll(kinds)]
    .filter(one => one.tabIndex >= 0 && passed(one) && isSeen(one));
  const between = (low, high) =>
    stops.filter(one => one === high || (follows(low, one) && follows(one, high))).length;
  if (from === element || !element.isConnected) return 0;
  return follows(from, element) ? between(from, element) : -between(element, from);
}"""


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


def wait_for_rest(page: Page | Frame) -> None:
    """Until what is under way has ended, as a person does: the redraw at its end may move the focus, and what
    is pressed before it counts later, or for nothing."""
    expect((page if isinstance(page, Page) else page.page).locator(BUSY)).to_have_count(0)


class Mouse:
    def press(self, page: Page | Frame, words: str, inside: str = "body") -> None:
        wait_for_rest(page)
        control(page, words, inside).click()

    def type(self, page: Page | Frame, label: str, text: str, inside: str = "body") -> None:
        wait_for_rest(page)
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
        wait_for_rest(page)
        expect(wanted).to_be_visible()
        # Looked up once: to find it by its words takes longer than to press a key.
        element = wanted.element_handle()
        # And to look where the focus is takes as long: only after as many keys as it seems to need.
        for _ in range(GLANCES):
            away = int(element.evaluate(AWAY))  # a browser knows a negative nothing
            for _ in range(min(abs(away), MOST_TABS)):
                _keys(page).press("Tab" if away > 0 else "Shift+Tab")
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
