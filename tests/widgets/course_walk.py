"""Somebody who goes through the course: with which hands, in which language, and what they see on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Frame, Locator, Page, expect

from ppkit.look.texts import Texts
from ppkit.onboarding.lessons import MAP_FILES, lesson_named

from .lab import Lab, take_picture
from .learner import Hands, new_tab

COURSE, LESSON, SETUP, ASSISTANT, COSTS, CARDS, DRILLS, REPLACEMENT, REAL = (
    f'[data-window="{name}"]'
    for name in (
        "course", "lesson", "setup", "assistant", "costs", "exercise", "drills", "key_rotation", "for_real"
    )
)  # fmt: skip
FILLED = """section => {
  const brand = section.appendChild(document.createElement("i"));
  brand.style.background = "var(--pp-brand)";
  const filled = getComputedStyle(brand).backgroundColor;
  brand.remove();
  const isFilled = button => getComputedStyle(button).backgroundColor === filled;
  return [...section.querySelectorAll(".pp-button")].filter(isFilled).map(button => button.innerText.trim());
}"""


def open_course(page: Page, lab: Lab, language: str) -> None:
    """As `ppkit start` opens it: nothing has to be run."""
    lab.lessons()
    page.goto(lab.address(f"{language}/{MAP_FILES[language]}", "doc"))
    expect(page.locator(COURSE)).to_be_visible(timeout=90_000)


@dataclass
class CourseWalk:
    """Reads a page, and presses what it says. `keys` are those that were made, to be searched for."""

    page: Page
    hands: Hands
    language: str
    keys: list[str] = field(default_factory=list)
    remembers: bool = False
    """Whether the key is to outlive the kernel."""

    def __post_init__(self) -> None:
        self.texts = Texts(self.language)

    def press(self, text_id: str, inside: str, **facts: object) -> None:
        self.hands.press(self.page, self.texts(text_id, **facts), inside)

    def type(self, text_id: str, text: str, inside: str) -> None:
        self.hands.type(self.page, self.texts(text_id), text, inside)

    def part(self, text_id: str, *facts: str) -> str:
        """The longest part of a sentence that stands whatever these facts are."""
        return max(self.texts(text_id, **dict.fromkeys(facts, "@")).split("@"), key=len).strip()

    def window(self, place: str) -> Locator:
        return self.page.locator(place)

    def picture(self, name: str) -> None:
        width = (self.page.viewport_size or {"width": 0})["width"]
        take_picture(self.page, f"{self.language}-{width}-{name}")

    def filled(self, window: str) -> list[str]:
        """The words of the filled buttons of a window."""
        return list(self.window(window).evaluate(FILLED))

    def leaf(self, text_id: str, window: str, **facts: object) -> Page | Frame:
        """The platform's page in its tab, by the link with these words."""
        return new_tab(self.page, self.hands, self.texts(text_id, **facts), window)

    def leave(self, console: Page | Frame) -> None:
        """Close the tab, and look at nothing yet."""
        assert isinstance(console, Page)
        console.close()

    def look_again(self, console: Page | Frame) -> None:
        """Close the tab, and ask the window to look what has changed."""
        self.leave(console)
        self.press("setup.look_again", SETUP)

    def come_back(self, console: Page | Frame) -> None:
        """Close the tab; a browser with a window says by itself that the user has returned to the other."""
        self.leave(console)
        self.page.evaluate("window.dispatchEvent(new Event('focus'))")

    def expect_heading(self, window: str, text_id: str, *, focused: bool = True) -> None:
        """The screen with this heading has come, and the keyboard is where reading begins."""
        expect(self.window(f"{window} h2")).to_have_text(self.texts(text_id))
        if focused:
            expect(self.window(f"{window} h2")).to_be_focused()

    def go_on(self, lesson: str, here: str, there: str) -> None:
        """The way on stands at the end of the window in which a lesson was finished, and is in sight."""
        expect(self.window(f"{here} .pp-lesson-end").last).to_be_in_viewport()
        self.press("lesson.next_one", f"{here} .pp-lesson-end", title=self.title(lesson))
        expect(self.window(there)).to_be_visible()

    def title(self, lesson: str) -> str:
        return self.texts(f"course.lesson.{lesson_named(lesson).name}.title")
