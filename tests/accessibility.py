"""What axe finds on a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Frame, Page

AXE: str = Axe().axe_script
"""Half a megabyte. A context that visits many pages has it as an init script: it is then sent once."""

_IS_THERE = "() => 'axe' in window"
_RUN = """async within => {
  const found = await axe.run(within ? {include: [[within]]} : document, {resultTypes: ['violations']});
  return found.violations.map(({id, nodes}) => `${id}: ${nodes[0].html}`);
}"""
"""The whole report lists every element that keeps a rule too, and takes longer to send than to make."""


def violations_on(page: Page | Frame, within: str | None = None) -> list[str]:
    """Each rule that is broken, with the first element that breaks it, on the page or below a selector."""
    if not page.evaluate(_IS_THERE):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(_RUN, within)
    return found
