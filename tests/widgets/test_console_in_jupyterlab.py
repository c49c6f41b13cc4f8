"""The whole story of the practice console, framed in JupyterLab through its proxy."""

from __future__ import annotations

import pytest
from console.served import served
from console.story import Story
from playwright.sync_api import Browser, Frame, Page, expect

from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice_platform.platform import Platform

from .lab import Lab, open_notebook, quiet_page

pytestmark = pytest.mark.browser


INVOICE = """async () => {
  const list = new DOMParser().parseFromString(await (await fetch('billing-history')).text(), 'text/html');
  const answer = await fetch(list.querySelector('a[download]').getAttribute('href'));
  return [answer.status, answer.headers.get('content-type'), (await answer.text()).slice(0, 4)];
}"""


def test_from_sign_up_to_the_next_month_framed_in_jupyterlab(
    chromium: Browser, lab: Lab, platform: Platform
) -> None:
    language = "it"  # in a tab of its own the story is lived through in both
    with served(platform) as address:
        inside = f"{lab.url}proxy/{address.rpartition(':')[2]}/"
        cell = f'from IPython.display import IFrame\nIFrame("{inside}?language={language}", "100%", 760)'
        notebook = lab.notebook(f"console-{language}.ipynb", cell)
        with quiet_page(chromium, lab) as (page, elsewhere):
            open_notebook(page, lab, notebook)
            story = Story(framed(page, inside), Texts(language), address, with_axe=False)
            story.live_through()
            assert story.frame.url.startswith(inside)
            invoice = story.frame.evaluate(INVOICE)
    assert elsewhere == []
    assert invoice == [200, "application/pdf", "%PDF"]
    assert platform.balance() == Money.usd(5) - platform.usage.billed()


def framed(page: Page, address: str) -> Frame:
    """The frame in the cell's output, once its page has come."""
    inside = page.frame_locator(f'iframe[src^="{address}"]')
    expect(inside.get_by_role("button", name="Create account")).to_be_visible()
    (frame,) = (frame for frame in page.frames if frame.url.startswith(address))
    return frame
