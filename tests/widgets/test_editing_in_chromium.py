"""A post that is edited by hand, in a browser: counted while it is typed, and kept in its place; files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from assistant.test_own_pictures import photo
from playwright.sync_api import Browser, Page

from ppkit.look.texts import Texts
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once

from .fakes import click
from .live_page import LivePage

pytestmark = pytest.mark.browser
HOSTILE = "\u202eadesrevor \u2067" + "endless" * 2_000 + "<script>document.title = 'taken'</script>"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 400, "height": 900})
    yield context.new_page()
    context.close()


def test_a_text_is_counted_while_it_is_typed_and_cut_with_one_click(page: Page, session: Any) -> None:
    texts = Texts("it")
    window = AssistantWindow(session, run=at_once)
    click(window, "write", topic="Terrazza", network="x")
    click(window, "edit_text")
    live = LivePage(page, window)
    drawn = window.html
    field, told = page.locator("#pp-text"), page.locator('[data-told="count"]')
    field.fill("")
    field.press_sequentially("Perché no? 👩‍👩‍👧‍👦")
    live.settle()
    assert told.inner_text().startswith("13 su 280")  # the family counts two on X
    assert window.html == drawn
    field.fill("à" * 281)
    live.settle()
    assert told.get_attribute("class") == "pp-wrong"
    page.get_by_role("button", name=texts("assistant.edit.save")).click()
    live.settle()
    page.get_by_role("button", name=texts("assistant.cut")).click()
    live.settle()
    shown = page.locator(".pp-preview .pp-post-text").inner_text()
    assert shown.endswith("…")
    assert len(shown) <= 280


def test_a_hostile_text_stays_inside_its_place(page: Page, session: Any) -> None:
    window = AssistantWindow(session, run=at_once)
    click(window, "write", topic="Terrazza", network="x")
    click(window, "save_text", text=HOSTILE)
    LivePage(page, window)
    assert page.title() == "ppkit"
    fits = "element => element.scrollWidth <= element.clientWidth"
    for place in (".pp-preview .pp-post-text", '[data-window="assistant"]'):
        assert page.locator(place).evaluate(fits), place
    count = page.locator(".pp-preview + .pp-row .pp-wrong")
    assert count.evaluate("element => getComputedStyle(element).direction") == "ltr"
    assert page.locator(".pp-preview .pp-post-text").inner_text().startswith(HOSTILE[:60])


def test_a_picture_is_chosen_for_the_brief_and_one_that_changed_meanwhile_is_told_and_chosen_again(
    page: Page, session: Any, tmp_path: Path
) -> None:
    texts, path = Texts("it"), tmp_path / "terrazza.jpg"
    path.write_bytes(photo())
    window = AssistantWindow(session, run=at_once)
    live = LivePage(page, window)
    page.locator("#pp-topic").fill("La terrazza")
    page.locator("#pp-brief-picture").set_input_files(path)
    live.settle()
    assert page.locator(".pp-brief-picture img").evaluate("image => image.naturalHeight") == 60  # upright
    assert page.locator("#pp-topic").input_value() == "La terrazza"
    page.get_by_role("button", name=texts("assistant.write"), exact=True).click()
    live.settle()
    own = page.locator("#pp-own-picture")
    page.get_by_text(texts("assistant.picture.own"), exact=True).click()
    button = page.get_by_role("button", name=texts("assistant.picture.own_button"))
    own.set_input_files(path)
    path.write_bytes(photo("PNG"))
    button.click()
    live.settle()
    assert page.get_by_text(texts("error.file_unreadable.what")).is_visible()
    assert own.input_value() == ""
    own.set_input_files(path)
    button.click()
    live.settle()
    assert page.get_by_text(texts("error.file_unreadable.what")).count() == 0
    assert page.locator("canvas[data-mask]").get_attribute("width") == "40"
