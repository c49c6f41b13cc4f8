"""What only a browser can show of drafts and masks: strokes, files, downloads, typing, keys, and axe."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from accessibility import violations_on
from PIL import Image
from playwright.sync_api import Browser, Page

from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.posts.posts_window import PostsWindow

from .fakes import PRACTICE_KEY, click
from .live_page import LivePage
from .test_picture_panel import png
from .test_posts_window import TABLE, photo

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    yield context.new_page()
    context.close()


def alpha_of(mask: bytes) -> Image.Image:
    return Image.open(io.BytesIO(mask)).getchannel("A")


def test_a_mask_is_drawn_with_the_mouse_and_with_the_keyboard_alone(
    page: Page, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ppkit.ai_assistant.drawing._decoded", lambda _encoded: png((90, 120, 160)))
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    window = AssistantWindow(session, run=at_once)
    click(window, "write", topic="Terrazza")
    click(window, "draw")
    click(window, "open_edit")
    live = LivePage(page, window)
    page.get_by_label(Texts("it")("assistant.picture.edit_wish")).fill("più luce")
    canvas = page.locator("canvas[data-mask]")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    bodies = session.openai.bodies
    before = len(bodies)
    page.get_by_text(Texts("it")("assistant.picture.edit_button")).click()
    live.settle_once(lambda: len(bodies) > before)
    drawn = alpha_of(bodies[-1]["mask"][1])
    assert drawn.size == (64, 80)
    assert drawn.getpixel((32, 40)) == 0  # open, where the stroke went
    assert drawn.getpixel((32, 4)) == 255

    page.get_by_text(Texts("it")("assistant.picture.edit"), exact=True).last.click()
    live.settle()
    page.get_by_label(Texts("it")("assistant.picture.edit_wish")).fill("più luce")
    page.locator("summary", has_text=Texts("it")("assistant.mask.rectangle")).focus()
    page.keyboard.press("Enter")
    for share in ("50", "0", "50", "25"):
        page.keyboard.press("Tab")
        page.keyboard.type(share)
    page.get_by_text(Texts("it")("assistant.picture.edit_button")).focus()
    page.keyboard.press("Enter")
    live.settle_once(lambda: len(bodies) > before + 1)
    opened = alpha_of(bodies[-1]["mask"][1]).point(lambda value: 255 - value)
    assert opened.getbbox() == (32, 0, 64, 20)
    assert violations_on(page, ".ppkit") == []


def test_drafts_are_found_planned_exported_and_written_from_a_table(
    page: Page, session: Any, tmp_path: Path
) -> None:
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    drafts = session.drafts
    for number, topic in enumerate(["Terrazza", "Terraglie", "Saldi"]):
        made = drafts.new(topic, {"instagram": f"{topic}!"}, client="Bianchi")
        drafts.add_image(made.id, photo(200 + number), alt=topic)
    live = LivePage(page, PostsWindow(session, run=at_once))
    page.wait_for_function("[...document.images].every(image => image.naturalWidth === 160)")

    search = page.get_by_label(Texts("it")("posts.search"))
    search.press_sequentially("terra", delay=20)
    live.settle()
    assert search.input_value() == "terra"
    assert page.locator(".pp-posts-name").all_text_contents() == ["Terrazza", "Terraglie"]
    with page.expect_download() as got:
        page.get_by_text(Texts("it").plural("posts.export.button", 2)).click()
    assert got.value.suggested_filename == "postpickr-instagram.xlsx"
    live.settle()
    assert violations_on(page, ".ppkit") == []

    page.get_by_text(Texts("it")("posts.tab.calendar")).focus()
    page.keyboard.press("Enter")
    live.settle()
    page.get_by_label(Texts("it")("posts.month.after")).press("Enter")
    live.settle()
    page.get_by_label(Texts("it")("posts.planned_for")).fill("2026-12-24T18:30")
    page.get_by_text(Texts("it")("posts.plan.button")).press("Enter")
    live.settle()
    page.locator(".pp-month-day button").click()
    live.settle()
    page.get_by_label("Instagram").fill("Scritto a mano")
    page.get_by_text(Texts("it")("posts.save"), exact=True).click()
    live.settle()
    assert next(draft.texts["instagram"].text for draft in drafts.all()) == "Scritto a mano"
    assert violations_on(page, ".ppkit") == []
    page.get_by_label(Texts("it")("posts.client")).fill("Verdi")
    page.keyboard.press("Enter")
    live.settle()
    assert drafts.clients() == ["Bianchi", "Verdi"]  # saved, and still on show

    page.set_viewport_size({"width": 400, "height": 800})
    page.get_by_label("Instagram").fill("Di ritorno")
    page.get_by_text(Texts("it")("posts.back")).click()
    live.settle()
    assert next(draft.texts["instagram"].text for draft in drafts.all()) == "Di ritorno"
    page.get_by_text(Texts("it")("posts.tab.batch"), exact=True).click()
    live.settle()
    (tmp_path / "briefs.csv").write_text(TABLE)
    page.get_by_label(Texts("it")("posts.batch.file")).set_input_files(tmp_path / "briefs.csv")
    heard = mock.Mock(wraps=live.window.receive)
    with mock.patch.object(live.window, "receive", heard):
        page.get_by_text(Texts("it")("posts.batch.read_button")).click()
        live.settle()
    assert (
        heard.call_args_list[0].args[1]["table_name"] == "briefs.csv"
    )  # a name may tell what a file is about
    page.get_by_text(Texts("it").plural("posts.batch.agree", 2)).click()
    live.settle()
    assert page.get_by_text(Texts("it")("drafts.ending.finished")).first.is_visible()
    assert len(drafts.all()) == 5
    assert violations_on(page, ".ppkit") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
