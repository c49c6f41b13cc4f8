"""The Assistant in a real JupyterLab: from a brief to the scheduler's file, across the end of the credits."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from accessibility import violations_on
from playwright.sync_api import Browser, Locator, Page, expect

from ppkit.look.texts import Texts
from ppkit.practice_platform.address import find_running
from ppkit.practice_platform.remote import Control

from .course_walk import ASSISTANT, FILLED
from .lab import Lab, open_notebook, places_that_hold, quiet_page, take_picture
from .learner import Hands, Keyboard, Mouse

pytestmark = pytest.mark.browser
VARIANTS, WISH, ADAPTED, IMAGE, LAST = 3, 1, 2, 10, 1
"""Plan credits that the walk takes, up to the first of two posts that are asked for at once."""
CREDITS = VARIANTS + WISH + ADAPTED + IMAGE + LAST
NOTEBOOK = f"""import ppkit
credits = ppkit.session().accounting.plan_credits
while credits.left() > {CREDITS}:
    credits.take("text")
ppkit.assistant()"""
TOPIC = {"it": "Riapriamo la terrazza: aperitivo al tramonto", "en": "Our terrace reopens: sunset drinks"}


class Walk:
    """One person's way through the window; everything is found by the words that are read."""

    def __init__(self, page: Page, hands: Hands, language: str) -> None:
        self.page, self.hands, self.language = page, hands, language
        self.texts = Texts(language)
        self.window = page.locator(ASSISTANT)

    def press(self, name: str, **facts: object) -> None:
        self.hands.press(self.page, self.texts(name, **facts), ASSISTANT)

    def go_to(self, control: Locator, words: str) -> None:
        """To a box, a list or a fold, which `hands` do not know."""
        if isinstance(self.hands, Keyboard):
            self.hands._go_to(self.page, control, words)
        else:
            control.scroll_into_view_if_needed()

    def use(self, control: Locator, words: str, key: str) -> None:
        self.go_to(control, words)
        if isinstance(self.hands, Keyboard):
            self.page.keyboard.press(key)
        else:
            control.click()

    def tick(self, network: str) -> None:
        box = self.window.get_by_label(network, exact=True)
        self.use(box, network, "Space")
        expect(box).to_be_checked()

    def unfold(self, words: str) -> None:
        self.use(self.window.locator("summary").filter(has_text=words), words, "Enter")

    def wait_written(self, number: int) -> str:
        """Until the page has its `number`-th result; the text that is on show then."""
        expect(self.window.locator(f'[data-result="post {number}"]')).to_be_in_viewport()
        return self.shown_text()

    def shown_text(self) -> str:
        copy = self.window.get_by_role("button", name=self.texts("assistant.copy_post"))
        return str(copy.get_attribute("data-copy"))

    def show(self, network: str) -> str:
        self.hands.press(self.page, network, f"{ASSISTANT} .pp-tabs")
        expect(self.window.locator(".pp-preview")).to_have_attribute(
            "aria-label", self.texts("assistant.preview", network=network)
        )
        return self.shown_text()

    def picture(self, name: str) -> None:
        take_picture(self.page, f"{self.language}-assistant-{name}")


def brief_and_variants(walk: Walk) -> None:
    texts = walk.texts
    walk.hands.type(walk.page, texts("assistant.topic"), TOPIC[walk.language], ASSISTANT)
    walk.tick("LinkedIn")
    walk.tick("X")
    walk.unfold(texts("assistant.more"))
    choice = walk.window.get_by_label(texts("assistant.variants"))
    walk.go_to(choice, "variants")
    if isinstance(walk.hands, Keyboard):
        walk.page.keyboard.press("3")
    else:
        choice.select_option("3")
    expect(walk.window).to_contain_text(texts("assistant.write_variants", count=3))
    walk.picture("1-brief")
    walk.press("assistant.write_variants", count=3)
    first = walk.wait_written(1)
    cards = walk.window.locator(".pp-variant")
    expect(cards).to_have_count(3)
    assert len(set(cards.locator("p").first.all_inner_texts())) == 1
    walk.press("assistant.variant.choose", number=2)
    expect(cards.nth(1)).to_contain_text(texts("assistant.variant.chosen", number=2))
    assert walk.shown_text() != first


def shorten_and_adapt(walk: Walk) -> None:
    before = walk.shown_text()
    shorter = walk.texts("assistant.refinement.shorter").capitalize()
    walk.hands.press(walk.page, shorter, ASSISTANT)
    after = walk.wait_written(2)
    assert len(after) < len(before)
    walk.press("assistant.adapt", networks="LinkedIn, X")
    walk.wait_written(3)
    counted = walk.window.locator(".pp-preview + .pp-row")
    assert walk.show("X") != walk.show("LinkedIn")
    expect(counted).to_contain_text("3.000" if walk.language == "it" else "3,000")
    walk.show("X")
    expect(counted).to_contain_text("280")
    walk.picture("2-adapted")


def draw(walk: Walk) -> None:
    """In the shape of the network that the brief is for."""
    walk.show("Instagram")
    walk.press("assistant.image")
    image = walk.window.locator(".pp-picture-choices img").first
    expect(image).to_be_in_viewport()
    expect(image).not_to_have_js_property("naturalWidth", 0)  # "complete" is also one that has not come yet
    width, height = image.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert width * 5 == height * 4
    frame = walk.window.locator(".pp-preview .pp-photo")
    box = frame.bounding_box()
    assert box
    assert box["width"] * 5 == pytest.approx(box["height"] * 4, abs=5)
    expect(walk.window.locator(".pp-running")).to_contain_text(
        walk.texts.plural("assistant.meter.comparison", 10)
    )
    walk.picture("3-image")


def run_out_and_go_on(walk: Walk, key: str) -> None:
    """One credit is left for two posts: the second is written once a key is linked."""
    walk.tick("Facebook")
    more = walk.window.locator("summary").first
    walk.use(more, "more networks", "Enter")
    walk.tick("Bluesky")
    walk.press("assistant.adapt", networks="Facebook, Bluesky")
    expect(walk.window.locator(".pp-problem")).to_be_in_viewport()
    assert len(walk.window.evaluate(FILLED)) == 1
    walk.picture("4-run-out")
    walk.hands.press(walk.page, walk.texts("assistant.key.open"), f"{ASSISTANT} .pp-tools")
    walk.hands.type(walk.page, walk.texts("setup.key.label"), key, ASSISTANT)
    walk.hands.press(walk.page, walk.texts("assistant.key.save"), f"{ASSISTANT} .pp-key-panel")
    walk.press("assistant.go_on")
    expect(walk.window.locator(".pp-tabs")).to_contain_text("Bluesky")
    walk.wait_written(5)
    expect(walk.window.locator(".pp-receipt").last).to_be_attached()
    expect(walk.window.locator(".pp-tools")).to_contain_text(f"…{key[-4:]}")
    walk.picture("5-gone-on")


def export(walk: Walk, folder: Path) -> None:
    """The file of each network, cell by cell: text, then no image, no hour (A, B, C, D)."""
    for network in ("Instagram", "X", "Bluesky"):
        text = walk.show(network)
        with walk.page.expect_download() as download:
            walk.press("assistant.export", network=network)
        file = folder / download.value.suggested_filename
        assert file.name == f"postpickr-{network.lower()}.xlsx"
        download.value.save_as(file)
        (row,) = openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True)
        assert [cell or "" for cell in row] == [text, "", "", ""][: len(row)]


@pytest.mark.parametrize(("language", "width", "hands"), [("it", 1280, Mouse()), ("en", 400, Keyboard())])
def test_from_a_brief_to_the_schedulers_file_across_the_end_of_the_credits(
    chromium: Browser, lab: Lab, tmp_path: Path, language: str, width: int, hands: Hands
) -> None:
    (lab.work / language).mkdir()
    notebook = lab.notebook(f"{language}/assistant.ipynb", NOTEBOOK)
    with quiet_page(chromium, lab, width=width) as (page, elsewhere):
        open_notebook(page, lab, notebook, view="doc")
        walk = Walk(page, hands, language)
        expect(walk.window).to_be_visible()
        brief_and_variants(walk)
        shorten_and_adapt(walk)
        draw(walk)
        practice = find_running(lab.home)
        assert practice
        key = Control(practice).post("key", name="PostPickr-AI")["key"]
        run_out_and_go_on(walk, key)
        export(walk, tmp_path)
        assert violations_on(page, ".ppkit") == []
        assert walk.window.evaluate("element => element.scrollWidth <= element.clientWidth + 1")
        assert elsewhere == []
    assert key not in "".join(path.read_text("utf-8") for path in lab.work.rglob("*.ipynb"))
    assert [path.suffix for path in places_that_hold(key, lab.work)] == []
