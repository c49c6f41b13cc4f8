"""Windows without JupyterLab: in VS Code's own widget manager, and in outputs as Google Colab has them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from accessibility import violations_on
from frameworks.environments import ROOT, python_with
from playwright.sync_api import Browser, Frame, Page, expect

from ppkit.lock import FileLock
from ppkit.look.stacked_chart import stacked
from ppkit.look.texts import Texts
from ppkit.practice_platform.address import read_port_file

from .programs import ANYWIDGET_ON_CDN, colab, vscode
from .raw_kernel import RawKernel, raw_kernel

pytestmark = pytest.mark.browser
TEXTS = Texts("en")
SETUP, ROTATION = '[data-window="setup"]', '[data-window="key_rotation"]'
CONSOLE = "iframe[data-console]"
DARK = "rgb(23, 28, 40)"
WORDS_OF_A_CHART = """html => {
  const { body } = document;
  body.insertAdjacentHTML("beforeend", html);
  const fills = [...body.querySelectorAll("figure text")].map((one) => getComputedStyle(one).fill);
  return { fills, page: getComputedStyle(body).color };
}"""
LESSON = ("import ppkit\nppkit.lesson('connect')", "ppkit.setup()", "ppkit.replace_key()")


@contextmanager
def kernel_with(folder: Path, variables: dict[str, str], python: str = sys.executable) -> Iterator[RawKernel]:
    try:
        with raw_kernel(folder, variables | {"PPKIT_LANGUAGE": "en"}, python) as kernel:
            yield kernel
    finally:
        end_practice(folder / "home")


def end_practice(home: Path) -> None:
    """The kernel may have started it. It is not asked first: a busy machine may be slow to answer."""
    if address := read_port_file(home):
        os.kill(address.pid, signal.SIGTERM)
        with FileLock(home / "practice" / "server.lock") as ended:
            assert ended.wait(60), "the practice platform does not end"


def frame_with(page: Page, window: str) -> Frame:
    """The output that shows this window; it may be a page of its own."""
    outputs = page.locator("iframe[title=output]")
    for number in range(len(LESSON)):
        frame = outputs.nth(number).element_handle().content_frame()
        assert frame
        expect(frame.locator(".pp-window")).to_be_visible()
        if frame.locator(window).count():
            return frame
    raise AssertionError(f"no output shows {window}")


def sign_up(setup: Page | Frame) -> None:
    """The first step, on the practice platform that is shown inside the window."""
    setup.get_by_role("button", name=TEXTS("setup.open.practice")).click()
    inside = setup.locator(CONSOLE).content_frame
    for label in ("Full name", "Organization name"):
        inside.get_by_label(label).fill("Ada Prova")
    inside.get_by_label("Email address").fill("ada@example.com")
    inside.get_by_role("button", name="Create account").click()
    expect(setup.get_by_role("heading", name=TEXTS("setup.credit.heading"))).to_have_count(1)
    expect(inside.locator("html")).to_have_attribute("data-jp-theme-light", "false")


def ground_of(window: Page | Frame) -> str:
    return str(window.locator(".pp-window").first.evaluate("it => getComputedStyle(it).backgroundColor"))


def test_the_first_step_is_played_under_the_widget_manager_of_vs_code_without_a_cdn(
    chromium: Browser, tmp_path: Path
) -> None:
    program = vscode("vscode-dark")
    with kernel_with(tmp_path, {"VSCODE_PID": "1"}) as kernel, program.opened(chromium, kernel) as page:
        for code in LESSON:
            kernel.run(code)
        sign_up(page)
        assert ground_of(page) == DARK
        page.get_by_role("button", name=TEXTS("key_rotation.start.go")).click()
        expect(page.locator(f"{SETUP} [data-focus]")).to_be_focused()
        assert violations_on(page, SETUP) == []
        words = page.evaluate(WORDS_OF_A_CHART, stacked("Cost", [], [], "en")._repr_html_())
        assert set(words["fills"]) == {words["page"]}  # and not a variable of this manager's
        assert program.asked == []


def test_windows_that_are_pages_of_their_own_with_colabs_packages_lead_to_each_other(
    chromium: Browser, tmp_path: Path
) -> None:
    program = colab("dark")
    here = {
        "COLAB_RELEASE_TAG": "release-colab_20261120",
        "PYTHONPATH": f"{ROOT}:{Path(__file__).with_name('stand_in')}",
    }
    python = str(python_with("requirements/colab.txt"))
    with kernel_with(tmp_path, here, python) as kernel, program.opened(chromium, kernel) as page:
        for code in ("import google.colab.output", *LESSON):
            kernel.run(code)
        expect(page.locator("iframe[title=output]")).to_have_count(len(LESSON))
        setup, rotation = frame_with(page, SETUP), frame_with(page, ROTATION)
        sign_up(setup)
        assert ground_of(setup) == DARK
        rotation.get_by_role("button", name=TEXTS("key_rotation.start.go")).click()
        expect(setup.locator(f"{SETUP} [data-focus]")).to_be_focused()
        expect(setup.locator(f"{SETUP} [data-focus]")).to_be_in_viewport(ratio=1)
        head = frame_with(page, '[data-window="lesson"]')
        head.get_by_role("link", name=TEXTS("lesson.map")).click()
        expect(head.get_by_role("alert").filter(has_text="00_the_course.ipynb")).to_be_visible()
        head.get_by_role("button", name="IT", exact=True).click()
        expect(setup.get_by_role("heading", name=Texts("it")("setup.credit.heading"))).to_be_visible()
        assert set(program.asked) == {ANYWIDGET_ON_CDN}
        assert [
            told["application/vnd.jupyter.widget-view+json"]["colab"]["custom_widget_manager"]["url"]
            for told in page.evaluate("announced")
        ] == ["the manager's address"] * len(LESSON)
