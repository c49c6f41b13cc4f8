"""The pictures of the README: `ppkit start` as a person runs it, opened in Chromium, in both languages.

Writes docs/images/<window>-<language>.png. Everything happens in a temporary folder, in practice mode.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from ppkit.look.texts import LANGUAGES, Texts
from ppkit.onboarding.lessons import lesson_named
from ppkit.practice_platform.address import find_running
from ppkit.practice_platform.remote import Control

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "chromium-headless-shell",  # what the tests install
)
COURSE, SETUP, ASSISTANT, COSTS = (
    f'[data-window="{name}"]' for name in ("course", "setup", "assistant", "costs")
)
TOPIC = {"it": "Aperitivo al tramonto sul lago", "en": "Sunset drinks by the lake"}
NOTEBOOK: ViewportSize = {"width": 1280, "height": 2400}  # tall, so that every window is whole
CONSOLE: ViewportSize = {"width": 1280, "height": 900}


@contextmanager
def running(folder: Path, language: str) -> Iterator[str]:
    """`ppkit start` in a new folder; the address that it prints."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PPKIT_", "OPENAI_"))}
    own |= {"PPKIT_HOME": str(folder / "home"), "PYTHONUNBUFFERED": "1"}
    own |= {
        name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    }
    command = [sys.executable, "-m", "ppkit", "start", "--no-browser", "--language", language]
    started = subprocess.Popen(command, cwd=folder, env=own, stdout=subprocess.PIPE, text=True)
    try:
        yield next(
            found[1] for line in started.stdout or () if (found := re.search(r"(http\S+token=\S+)", line))
        )
    finally:
        started.terminate()
        started.wait(40)


def take_all(browser: Browser, language: str) -> None:
    """Map and wizard as they begin; then, with a linked key, a post, an image, costs, the console."""
    with tempfile.TemporaryDirectory() as place, running(Path(place), language) as address:
        context = browser.new_context(viewport=NOTEBOOK, device_scale_factor=1.5, reduced_motion="reduce")
        page, texts = context.new_page(), Texts(language)
        page.goto(address)
        page.locator(COURSE).wait_for(timeout=90_000)
        take(page, COURSE, f"course-{language}")
        open_lesson(page, language, "connect", SETUP)
        take(page, SETUP, f"setup-{language}")
        platform = find_running(Path(place) / "home")
        if platform is None:
            raise RuntimeError("the practice platform is not running")
        open_lesson(page, language, "create", ASSISTANT)
        link(page, texts, str(Control(platform).post("key", name="PostPickr-AI")["key"]))
        write_and_draw(page, texts, TOPIC[language])
        take(page, ASSISTANT, f"assistant-{language}")
        open_lesson(page, language, "costs", COSTS)
        take(page, COSTS, f"costs-{language}")
        console = context.new_page()
        console.set_viewport_size(CONSOLE)
        console.goto(f"{platform.console_url}?language={language}")
        console.screenshot(path=IMAGES / f"console-{language}.png")
        context.close()


def open_lesson(page: Page, language: str, name: str, window: str) -> None:
    page.locator(f'a[data-lesson][href="{lesson_named(name).files[language]}"]').first.click()
    page.locator(window).wait_for(timeout=60_000)


def link(page: Page, texts: Texts, key: str) -> None:
    assistant = page.locator(ASSISTANT)
    assistant.get_by_role("button", name=texts("assistant.key.open")).first.click()
    assistant.locator("input[type=password]").fill(key)
    assistant.get_by_role("button", name=texts("assistant.key.save"), exact=True).click()
    assistant.locator("#pp-payer").wait_for(timeout=30_000)


def write_and_draw(page: Page, texts: Texts, topic: str) -> None:
    assistant, receipts = page.locator(ASSISTANT), page.locator(f"{ASSISTANT} .pp-receipt")
    assistant.get_by_label(texts("assistant.topic")).first.fill(topic)
    assistant.get_by_role("button", name=texts("assistant.write")).first.click()
    receipts.first.wait_for(timeout=30_000)
    assistant.get_by_role("button", name=texts("assistant.image")).first.click()
    receipts.nth(1).wait_for(timeout=30_000)


def take(page: Page, window: str, name: str) -> None:
    found = page.locator(window).first
    found.scroll_into_view_if_needed()
    found.screenshot(path=IMAGES / f"{name}.png")


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        for language in LANGUAGES:
            take_all(browser, language)
        browser.close()
    print("\n".join(str(path.relative_to(ROOT)) for path in sorted(IMAGES.glob("*.png"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
