"""Somebody who takes the course in the static page: the platform's pages are inside the windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Frame, Page, Request, Route, expect
from widgets.course_walk import COURSE, CourseWalk
from widgets.lab import keep_what_was_seen
from widgets.test_console_in_a_window import INSIDE, console_of

FIRST_VISIT_MILLISECONDS = 180_000  # a busy machine is slow, not wrong; docs/performance.md has what is usual


@dataclass
class PageWalk(CourseWalk):
    """`windows` remembers in which window each open page of the platform is."""

    windows: list[str] = field(default_factory=list)

    def leaf(self, text_id: str, window: str, **facts: object) -> Frame:
        self.press(text_id, window, **facts)
        self.windows.append(window)
        return console_of(self.page, window)

    def leave(self, console: Page | Frame) -> None:
        window = self.windows.pop()
        expect(console.locator("html[data-waiting]")).to_have_count(0)  # one thing is done at a time
        expect(self.page.locator(".ppkit[data-busy]")).to_have_count(0)
        self.press("practice_console.close", window)
        expect(self.page.locator(window).locator(INSIDE)).to_have_count(0)

    come_back = look_again = leave  # the window looks by itself


@contextmanager
def visitor(browser: Browser, site: str, width: int, height: int = 900) -> Iterator[tuple[Page, list[str]]]:
    """A browser that was never here, and the list of what it asked other places for, in vain."""
    elsewhere: list[str] = []
    own = site.split("/")[2]
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def refuse(route: Route, request: Request) -> None:
        elsewhere.append(request.url)
        route.abort()

    context.route(lambda url: url.split("/")[2:3] != [own], refuse)
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield page, elsewhere
    except BaseException:
        keep_what_was_seen(page)
        raise
    finally:
        context.unroute_all(behavior="ignoreErrors")
        context.close()


def open_map(page: Page, site: str, language: str) -> None:
    """By the link that is given to learners: nothing is to be pressed."""
    page.goto(f"{site}{language}/")
    expect(page.locator(COURSE)).to_be_visible(timeout=FIRST_VISIT_MILLISECONDS)
