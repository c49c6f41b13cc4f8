"""The lesson "Now for real" in a real JupyterLab, live, against a stand-in that knows keys of real form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from accessibility import violations_on
from papers.reading import words_of_pdf
from playwright.sync_api import Browser, Page, expect

from ppkit.look.texts import Texts

from .lab import Lab, Server, new_learner, places_that_hold, quiet_page, save, take_picture
from .learner import Hands, Keyboard, Mouse
from .stand_in import RealAddress, real_address

pytestmark = pytest.mark.browser
COURSE, LESSON, REAL = ('[data-window="course"]', '[data-window="lesson"]', '[data-window="for_real"]')
FILLED = ".pp-button:not(.pp-button-quiet, .pp-button-plain, .pp-button-danger):visible"
MAP = {"it": "it/00_il_corso.ipynb", "en": "en/00_the_course.ipynb"}


@contextmanager
def learner(server: Server, folder: Path, seed: str) -> Iterator[tuple[Lab, RealAddress]]:
    """Somebody with an account of their own, whose kernels find the stand-in where OpenAI would be."""
    with real_address(folder, seed) as real, new_learner(server, signs={"OPENAI_BASE_URL": real.url}) as lab:
        lab.lessons()
        yield lab, real


class Walk:
    """Who only reads what is on the screen."""

    def __init__(self, page: Page, hands: Hands, language: str, picture: str) -> None:
        self.page, self.hands, self.language = page, hands, language
        self.texts = Texts(language)
        self._picture, self._pictures = picture, 0

    def see(self) -> None:
        self._pictures += 1
        take_picture(self.page, f"{self._picture}-{self._pictures:02}")

    def press(self, text_id: str, inside: str = REAL, **facts: object) -> None:
        expect(self.page.locator(".pp-view[data-busy]")).to_have_count(0)
        self.hands.press(self.page, self.texts(text_id, **facts), inside)

    def declare(self, check: str) -> None:
        named = self.texts(f"onboarding.check.{check}")
        self.press("setup.declare_that", declare=self.texts("setup.declare"), check=named)
        expect(self.page.locator(f'{REAL} [data-check="{check}"]')).to_have_count(0)

    def type(self, text_id: str, text: str) -> None:
        self.hands.type(self.page, self.texts(text_id), text, REAL)

    def expect_filled(self, text_id: str, **facts: object) -> None:
        """The next thing to do is in sight, and the only filled button of the page."""
        filled = self.page.locator(FILLED)
        expect(filled).to_have_count(1)
        expect(filled).to_contain_text(self.texts(text_id, **facts))
        expect(filled).to_be_in_viewport()

    # --- from the map to the proof

    def open_course(self, lab: Lab) -> None:
        self.page.goto(lab.address(MAP[self.language], "doc"))
        expect(self.page.locator(COURSE)).to_be_visible(timeout=90_000)

    def open_lesson(self) -> None:
        self.hands.press(self.page, self.texts("course.lesson.real.title"), COURSE)
        expect(self.page.locator(REAL)).to_be_visible()

    def account(self) -> None:
        self.press("for_real.start")
        expect(self.page.get_by_role("heading", name=self.texts("setup.account.heading"))).to_be_visible()
        self.see()
        self.declare("account.signed_up")
        expect(self.page.get_by_role("heading", name=self.texts("setup.credit.heading"))).to_be_visible()

    def credit(self, real: RealAddress, *, is_admin: bool) -> None:
        self.see()
        for check in ("credit.company_data", "credit.payment_method", "credit.bought"):
            self.declare(check)
        self.press("for_real.recharge.off")
        expect(self.page.get_by_text(self.texts("for_real.recharge"))).to_have_count(0)
        if is_admin:
            self.give_admin_key(real)
            self.press("for_real.read_back")
            expect(self.page.locator(f'{REAL} [data-result^="controls"]')).to_be_in_viewport()
            expect(self.page.locator(f'{REAL} [data-result^="controls"]')).to_contain_text("10")
            self.set_controls()
        else:
            for check in ("credit.platform_alert", "credit.platform_limit"):
                self.declare(check)
        self.type("for_real.limit_here", "10")
        self.press("common.button.save", f'{REAL} [data-action="limit_here"]')
        expect(self.page.locator(f'{REAL} [data-result^="limit"]')).to_be_in_viewport()
        self.expect_filled("common.button.continue")
        self.see()
        self.press("common.button.continue")
        expect(self.page.get_by_role("heading", name=self.texts("setup.key.heading"))).to_be_visible()
        self.see()

    def set_controls(self) -> None:
        """OpenAI's own limit, lowered from here: shown first, set after a yes, read back."""
        self.page.locator(f"{REAL} summary", has_text=self.texts("for_real.set")).press("Enter")
        self.type("for_real.set.limit", "9")
        self.press("for_real.set.show")
        expect(self.page.locator(f'{REAL} [data-result^="changes"]')).to_be_in_viewport()
        self.expect_filled("for_real.set.agree")
        self.see()
        self.press("for_real.set.agree")
        expect(self.page.locator(f'{REAL} [data-result^="controls"]')).to_contain_text("9")
        expect(self.page.locator(f'{REAL} [data-result^="controls"]')).to_be_in_viewport()

    def give_admin_key(self, real: RealAddress) -> None:
        self.page.locator(f"{REAL} summary", has_text=self.texts("setup.beside.title")).press("Enter")
        self.type("setup.admin_key.label", real.admin_key)
        self.press("setup.admin_key.use")
        expect(self.page.get_by_role("button", name=self.texts("for_real.read_back"))).to_be_visible()

    def key(self, real: RealAddress) -> None:
        self.type("setup.key.label", real.key)
        self.press("common.button.check", f"{REAL} form")
        expect(self.page.get_by_role("button", name=self.texts("checkup.consent.agree"))).to_be_in_viewport()
        self.see()
        self.press("checkup.consent.agree")
        expect(self.page.locator(f"{REAL} .pp-verdict")).to_contain_text(self.texts("checkup.verdict.usable"))
        self.expect_filled("common.button.continue")
        self.see()
        self.press("common.button.continue")

    def link(self, real: RealAddress, *, is_admin: bool) -> None:
        self.press("setup.link.button")
        self.expect_filled("for_real.pasted")
        self.see()
        self.press("for_real.pasted")
        if is_admin:
            self.expect_filled("for_real.look_for_use")
            self.press("for_real.look_for_use")
            expect(self.page.locator(f'{REAL} [data-result^="look"]')).to_be_in_viewport()
            self.expect_filled("for_real.look_for_use")
            self.see()
            real.used_by_the_app()
            self.press("for_real.look_for_use")
            shown = "for_real.use.shown"
        else:
            self.see()
            self.press("for_real.use.declare")
            shown = "for_real.use.declared"
        expect(self.page.locator(f"{REAL} .pp-verdict").last).to_contain_text(self.texts(shown))
        expect(self.page.locator(f"{REAL} .pp-lesson-end")).to_be_in_viewport()
        self.see()


@pytest.mark.parametrize(("language", "hands"), [("it", Mouse()), ("en", Keyboard())])
def test_from_the_switch_to_the_proof_that_postpickr_uses_the_key(
    chromium: Browser, lab_server: Server, tmp_path: Path, language: str, hands: Hands
) -> None:
    with learner(lab_server, tmp_path, language) as (lab, real):
        with quiet_page(chromium, lab, height=800) as (page, elsewhere):
            walk = Walk(page, hands, language, f"real-{language}")
            walk.open_course(lab)
            walk.see()
            if language == "en":  # from the map, or in the lesson
                walk.press("mode.live", COURSE)
                expect(page.locator(COURSE)).to_contain_text(walk.texts("common.mode.live"))
                walk.see()
            walk.open_lesson()
            if language == "it":
                walk.expect_filled("for_real.go_live")
                walk.see()
                walk.press("for_real.go_live")
            expect(page.get_by_role("heading", name=walk.texts("for_real.before"))).to_be_visible()
            walk.expect_filled("for_real.start")
            walk.see()
            walk.account()
            walk.credit(real, is_admin=True)
            walk.key(real)
            walk.link(real, is_admin=True)
            walk.hands.press(page, walk.texts("lesson.map"), LESSON)
            expect(page.locator(COURSE)).to_contain_text(walk.texts("course.lesson.real.title"))
            walk.see()
            save(page)
            assert elsewhere == []
        for secret in (real.key, real.admin_key):
            assert places_that_hold(secret, lab.folder) == []


def test_on_a_narrow_screen_without_an_admin_key_what_cannot_be_seen_is_declared(
    chromium: Browser, lab_server: Server, tmp_path: Path
) -> None:
    with learner(lab_server, tmp_path, "narrow") as (lab, real):
        with quiet_page(chromium, lab, width=400, height=800) as (page, elsewhere):
            walk = Walk(page, Mouse(), "it", "real-narrow")
            walk.open_course(lab)
            walk.see()
            walk.open_lesson()
            walk.press("mode.live", LESSON)
            expect(page.get_by_role("heading", name=walk.texts("for_real.before"))).to_be_visible()
            walk.see()
            walk.account()
            walk.credit(real, is_admin=False)
            walk.key(real)
            walk.link(real, is_admin=False)
            with page.expect_download() as coming:
                walk.press("papers.offer.sheet")
            words = words_of_pdf(Path(coming.value.path()).read_bytes())
            assert walk.texts("papers.sheet.title") in words
            assert "PRATICA" not in words
            walk.see()
            assert violations_on(page, ".ppkit") == []
            assert elsewhere == []
        assert places_that_hold(real.key, lab.folder) == []
