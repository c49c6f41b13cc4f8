"""The whole story in Chromium, in both languages, in a browser's tab and on a telephone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice_platform.platform import Platform

from .served import served
from .story import Story

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "width"), [("it", 400), ("en", 1280)])
def test_from_sign_up_to_the_next_month_in_a_tab_of_its_own(
    chromium: Browser, platform: Platform, language: str, width: int
) -> None:
    with served(platform) as address:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/?language={language}")
        story = Story(page.main_frame, Texts(language), address)
        story.live_through()
        context.close()
    assert story.complaints == []
    assert platform.balance() == Money.usd(5) - platform.usage.billed()
    assert len(platform.list_keys()) == 1
