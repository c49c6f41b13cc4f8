"""Lesson 4 in a real JupyterLab: words are sorted, one failure is mended on the platform's page, one here.

In Italian with the mouse on a wide page, in English by keyboard alone on one of 400 px.
"""

from __future__ import annotations

from typing import Any

import pytest
from accessibility import violations_on
from playwright.sync_api import Browser, Page, expect

from ppkit.look.texts import Texts
from ppkit.onboarding.lessons import drill_named, exercise_named, lesson_named

from .lab import Lab, quiet_page, take_picture
from .learner import Hands, Keyboard, Mouse, new_tab

pytestmark = pytest.mark.browser
CARDS, DRILLS = '[data-window="exercise"]', '[data-window="drills"]'
HEAD = '[data-window="lesson"]'
FILLED = """section => [...section.querySelectorAll(".pp-button:not(.pp-button-quiet, .pp-button-plain)")]
  .map(button => button.innerText.trim())"""


def choose(page: Page, hands: Hands, label: str, question: str, option: str) -> None:
    """In the list with this label."""
    wanted = page.locator(CARDS).get_by_label(label, exact=True)
    if isinstance(hands, Keyboard):
        hands._go_to(page, wanted, label)
        for _ in range(exercise_named("cards").options[question].index(option) + 1):
            page.keyboard.press("ArrowDown")
    else:
        wanted.select_option(option)
    expect(wanted).to_have_value(option)


def name_cause(page: Page, hands: Hands, texts: Texts, cause: str, among: tuple[str, ...]) -> None:
    label = texts(f"drill.option.{cause}")
    wanted = page.locator(DRILLS).get_by_label(label)
    if isinstance(hands, Keyboard):
        hands._go_to(page, page.locator(DRILLS).get_by_role("radio").first, label)
        page.keyboard.press("Space")
        for _ in range(among.index(cause)):
            page.keyboard.press("ArrowDown")
    else:
        wanted.check()
    expect(wanted).to_be_checked()
    hands.press(page, texts("exercise.check"), DRILLS)


def begin(page: Page, hands: Hands, texts: Texts, name: str) -> tuple[str, ...]:
    """From the list into a drill; the causes to choose from."""
    title = texts(f"onboarding.check.drill.{name}")
    hands.press(page, texts("drills.open_one", verb=texts("drills.start"), title=title), DRILLS)
    expect(page.locator(f"{DRILLS} h2")).to_have_text(title)
    expect(page.locator(f"{DRILLS} h2")).to_be_in_viewport()
    return drill_named(name).causes.options["cause"]


def sort_the_words(page: Page, hands: Hands, texts: Texts) -> None:
    """With a mistake first, and its hint."""
    right: dict[str, str] = dict(exercise_named("cards").right)
    for question, option in {**right, "alert": "stops"}.items():
        choose(page, hands, texts(f"exercise.cards.question.{question}"), question, option)
    hands.press(page, texts("exercise.check"), CARDS)
    expect(page.locator(f'{CARDS} [aria-invalid="true"]')).to_have_count(1)
    expect(page.locator(f"{CARDS} .pp-note").first).to_be_in_viewport()
    choose_again(page, hands, texts)
    hands.press(page, texts("exercise.check"), CARDS)
    expect(page.locator(f"{CARDS} .pp-verdict")).to_contain_text(texts("exercise.right"))
    expect(page.locator(f"{CARDS} .pp-verdict .pp-button").first).to_be_in_viewport()


def choose_again(page: Page, hands: Hands, texts: Texts) -> None:
    wanted = page.locator(CARDS).get_by_label(texts("exercise.cards.question.alert"), exact=True)
    options = exercise_named("cards").options["alert"]
    if isinstance(hands, Keyboard):
        hands._go_to(page, wanted, "alert")
        for _ in range(options.index("only_warns") - options.index("stops")):
            page.keyboard.press("ArrowDown")
    else:
        wanted.select_option("only_warns")
    expect(wanted).to_have_value("only_warns")


def mend_there(page: Page, hands: Hands, texts: Texts) -> None:
    """The limit, raised on the platform's page; a wrong cause before that."""
    causes = begin(page, hands, texts, "limit_reached")
    name_cause(page, hands, texts, "alert_reached", causes)
    expect(page.locator(f"{DRILLS} .pp-note").first).to_contain_text("organization_spend_limit_exceeded")
    expect(page.locator(f"{DRILLS} .pp-note").first).to_be_in_viewport()
    name_right(page, hands, texts, causes)
    console = new_tab(page, hands, texts("drills.open_page", page="Limits"), DRILLS)
    expect(console.get_by_text(texts("console.band_drill"))).to_be_visible()
    hands.press(console, "Edit spend limit", "main")
    form = (
        'form:has([name="limit"])'  # in a dialog, or on a page of its own where the script is not there yet
    )
    hands.type(console, "Monthly spend limit", "10", form)
    hands.press(console, "Save", form)
    expect(console.locator(".console-notice")).to_be_visible()
    console.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(f"{DRILLS} .pp-button:not(.pp-button-quiet, .pp-button-plain)")).to_have_count(1)
    hands.press(page, texts("drills.try"), DRILLS)
    is_mended(page, texts)


def name_right(page: Page, hands: Hands, texts: Texts, causes: tuple[str, ...]) -> None:
    if isinstance(hands, Keyboard):  # the group is entered at the answer that was given
        checked = page.locator(DRILLS).get_by_label(texts("drill.option.alert_reached"))
        hands._go_to(page, checked, "alert_reached")
        for _ in range(causes.index("limit_reached") - causes.index("alert_reached")):
            page.keyboard.press("ArrowDown")
        hands.press(page, texts("exercise.check"), DRILLS)
    else:
        name_cause(page, hands, texts, "limit_reached", causes)


def mend_here(page: Page, hands: Hands, texts: Texts) -> None:
    """What came along with the key, taken out in the window."""
    causes = begin(page, hands, texts, "damaged_paste")
    name_cause(page, hands, texts, "damaged_paste", causes)
    field = page.locator(DRILLS).get_by_label(texts("drills.edit"))
    expect(field).to_be_in_viewport()
    cleaned = field.input_value().strip("“”")
    hands.type(page, texts("drills.edit"), cleaned, DRILLS)
    hands.press(page, texts("drills.try"), DRILLS)
    is_mended(page, texts)


def is_mended(page: Page, texts: Texts) -> None:
    """The green and the way on are in sight, and nothing else is filled."""
    expect(page.locator(f"{DRILLS} .pp-verdict")).to_contain_text(texts("drills.done"))
    expect(page.locator(f"{DRILLS} .pp-verdict .pp-button")).to_be_in_viewport()
    expect(page.locator(f"{DRILLS} h2")).to_be_focused()
    assert page.locator(DRILLS).evaluate(FILLED) == [texts("drills.next")]


@pytest.mark.parametrize(
    ("language", "hands", "width"),
    [("it", Mouse(), 1280), ("en", Keyboard(), 400)],
    ids=["Italian with the mouse", "English by keyboard at 400 px"],
)
def test_words_are_sorted_and_failures_mended_there_and_here(
    chromium: Browser, lab: Lab, language: str, hands: Any, width: int
) -> None:
    texts = Texts(language)
    lab.lessons()
    with quiet_page(chromium, lab, width=width, height=800) as (page, elsewhere):
        page.goto(lab.address(f"{language}/{lesson_named('mend').files[language]}", "doc"))
        expect(page.locator(DRILLS)).to_be_visible(timeout=90_000)
        sort_the_words(page, hands, texts)
        take_picture(page, f"{language}-drills-1-sorted")
        hands.press(page, texts("exercise.go_to_drills"), CARDS)
        expect(page.locator(f"{DRILLS} h2")).to_be_focused()
        mend_there(page, hands, texts)
        take_picture(page, f"{language}-drills-2-there")
        assert violations_on(page, DRILLS) == []
        hands.press(page, texts("drills.all"), DRILLS)
        mend_here(page, hands, texts)
        take_picture(page, f"{language}-drills-3-here")
        hands.press(page, texts("drills.all"), DRILLS)
        expect(page.locator(DRILLS)).to_contain_text(texts("drills.counter", mended=2, enough=5))
        assert violations_on(page, DRILLS) == []
        assert violations_on(page, CARDS) == []
        expect(page.locator(HEAD)).to_contain_text(texts("lesson.done_of", done=3, count=11))
    assert elsewhere == []
