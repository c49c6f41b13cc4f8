"""The style sheet in Chromium: which theme it follows where."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from ppkit.look.jinja_environment import STATIC

pytestmark = pytest.mark.browser
SHEET = (STATIC / "ppkit.css").read_text(encoding="utf-8")
WINDOW = f'<style>{SHEET}</style><div class="ppkit"><section class="pp-window">x</section></div>'
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
    page.set_content(f"<body {notebook}>{WINDOW}")
    assert ground_of(page) == PAPER[shown]
    page.close()


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_window_follows_the_theme_of_vs_code_and_of_colab(
    chromium: Browser, system: Literal["light", "dark"]
) -> None:
    page = chromium.new_page(color_scheme=system)
    page.set_content(WINDOW)
    for element, attribute, themes in (
        ("body", "data-vscode-theme-kind", {"vscode-dark": "dark", "vscode-light": "light"}),
        (
            "body",
            "data-vscode-theme-kind",
            {"vscode-high-contrast": "dark", "vscode-high-contrast-light": "light"},
        ),
        ("html", "theme", {"dark": "dark", "light": "light"}),
    ):
        for theme, shown in themes.items():
            page.locator(element).evaluate("(it, set) => it.setAttribute(...set)", [attribute, theme])
            assert ground_of(page) == PAPER[shown], theme
        page.locator(element).evaluate("(it, name) => it.removeAttribute(name)", attribute)
    page.close()


def ground_of(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.querySelector('.pp-window')).backgroundColor"))


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
