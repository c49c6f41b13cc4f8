"""From sign-up to a key in the practice console: framed in JupyterLab through its proxy, and directly."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Frame, Page, expect

from ppkit.clock import SystemClock
from ppkit.money import Money
from ppkit.practice.app import create_app
from ppkit.practice.platform import Platform

from .lab import open_notebook, quiet_page, running_lab

pytestmark = pytest.mark.browser


@contextmanager
def console(platform: Platform) -> Iterator[int]:
    """The console on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # a visitor who is early waits instead of being turned away
        server = uvicorn.Server(uvicorn.Config(create_app(platform), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    found = Platform.open(tmp_path / "practice.sqlite3", SystemClock())
    yield found
    found.close()


def complaints(frame: Frame, step: str) -> list[str]:
    """What axe finds on the page of this frame."""
    found = Axe().run(frame).response["violations"]
    return [f"{step}: {violation['id']}: {violation['nodes'][0]['html']}" for violation in found]


def walk(frame: Frame) -> tuple[str, list[str]]:
    """A first visit with the mouse: the key that was shown, and what axe found on the way."""
    found = complaints(frame, "sign-up")
    frame.get_by_label("Full name").fill("Anna Bianchi")
    frame.get_by_label("Email address").fill("anna@example.com")
    frame.get_by_label("Organization name").fill("Studio Bianchi")
    frame.get_by_role("button", name="Create account").click()
    expect(frame.get_by_role("heading", name="Hello, Anna Bianchi")).to_be_visible()
    found += complaints(frame, "home")

    frame.get_by_role("link", name="Add the card").click()
    frame.get_by_role("button", name=re.compile("^4242 4242 4242 4242")).click()
    found += complaints(frame, "card")
    frame.get_by_role("button", name="Add payment method").click()
    frame.get_by_label("$20.00").check()
    found += complaints(frame, "credits")
    frame.get_by_role("button", name="Buy credits").click()
    expect(frame.get_by_text("Credit bought.")).to_be_visible()
    found += complaints(frame, "billing")

    menu = frame.get_by_role("button", name="Menu", exact=True)
    if menu.is_visible():  # a frame in a cell is a narrow screen
        menu.click()
    frame.get_by_role("navigation", name="Menu").get_by_role("link", name="API keys").click()
    frame.get_by_role("link", name="Create new secret key").click()
    dialog = frame.get_by_role("dialog")
    dialog.get_by_label("Name").fill("PostPickr-AI")
    found += complaints(frame, "new key")
    dialog.get_by_role("button", name="Create secret key").click()
    secret = frame.get_by_label("Secret key “PostPickr-AI”").input_value()
    found += complaints(frame, "the key")
    frame.get_by_role("link", name="I have copied the key").click()
    expect(frame.get_by_role("row", name=re.compile("PostPickr-AI"))).to_be_visible()
    found += complaints(frame, "keys")
    return secret, found


def prove(platform: Platform, secret: str) -> None:
    assert platform.keys.find(secret) is not None
    assert platform.balance() == Money.usd(20)


def test_from_sign_up_to_a_key_framed_in_jupyterlab(
    chromium: Browser, tmp_path: Path, platform: Platform
) -> None:
    with running_lab(tmp_path / "lab") as lab, console(platform) as port:
        cell = f'from IPython.display import IFrame\nIFrame("{lab.url}proxy/{port}/", "100%", 760)'
        notebook = lab.notebook("console.ipynb", cell)
        with quiet_page(chromium, lab) as (page, elsewhere):
            open_notebook(page, lab, notebook)
            frame = framed(page, f"{lab.url}proxy/{port}/")
            secret, found = walk(frame)
            assert frame.url.startswith(f"{lab.url}proxy/{port}/")
            invoice = frame.evaluate(INVOICE)
        assert found == []
        assert elsewhere == []
        assert invoice == [200, "application/pdf", "%PDF"]
        prove(platform, secret)


INVOICE = """async () => {
  const list = new DOMParser().parseFromString(await (await fetch('billing-history')).text(), 'text/html');
  const answer = await fetch(list.querySelector('a[download]').getAttribute('href'));
  return [answer.status, answer.headers.get('content-type'), (await answer.text()).slice(0, 4)];
}"""


def framed(page: Page, address: str) -> Frame:
    """The frame in the cell's output, once its page has come."""
    inside = page.frame_locator(f'iframe[src="{address}"]')
    expect(inside.get_by_role("button", name="Create account")).to_be_visible()
    (frame,) = (frame for frame in page.frames if frame.url.startswith(address))
    return frame


def test_from_sign_up_to_a_key_in_a_tab_of_its_own(chromium: Browser, platform: Platform) -> None:
    context = chromium.new_context(locale="en-US")
    page = context.new_page()
    with console(platform) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        secret, found = walk(page.main_frame)
        context.close()
    assert found == []
    prove(platform, secret)
