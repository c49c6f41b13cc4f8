"""The style sheet in Chromium: which theme it follows where."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser

from ppkit.look.jinja_environment import STATIC

pytestmark = pytest.mark.browser
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 28, 40)"}


@pytest.mark.parametrize(
    ("system", "notebook", "shown"),
    [
        ("light", "", "light"),
        ("dark", "", "dark"),
        ("dark", 'data-jp-theme-light="true"', "light"),
        ("light", 'data-jp-theme-light="false"', "dark"),
    ],
)
def test_a_window_follows_jupyterlabs_theme_and_a_page_the_system(
    chromium: Browser, system: Literal["light", "dark"], notebook: str, shown: str
) -> None:
    page = chromium.new_page(color_scheme=system)
    sheet = (STATIC / "ppkit.css").read_text(encoding="utf-8")
    page.set_content(
        f"<style>{sheet}</style><body {notebook}>"
        '<div class="ppkit"><section class="pp-window">x</section></div>'
    )
    ground = page.evaluate("getComputedStyle(document.querySelector('.pp-window')).backgroundColor")
    page.close()
    assert ground == PAPER[shown]


def test_nothing_outside_a_window_changes(chromium: Browser) -> None:
    """The same host page with and without our style sheet looks the same."""
    sheet = (STATIC / "ppkit.css").read_text(encoding="utf-8")
    host = "<h1>a</h1><p>b <a href='#'>c</a></p><button>d</button><input><table><tr><td>e</td></tr></table>"
    pictures = []
    for style in ("", f"<style>{sheet}</style>"):
        page = chromium.new_page()
        page.set_content(style + host)
        pictures.append(page.screenshot())
        page.close()
    assert pictures[0] == pictures[1]
