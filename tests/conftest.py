"""What tests of several rooms share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# In this order; scripts/chromium.sh makes sure that there is one, or Playwright's own download.
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium without a window. One per module: two of them at once in a thread do not get along."""
    from playwright.sync_api import sync_playwright  # lazy: most tests need no browser

    found = (path for name in CHROMIUM_NAMES if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(found, None))
        yield browser
        browser.close()
