"""The Assistant against an OpenAI-compatible server that somebody else wrote (mock-ai-api), on this machine.

The practice platform and the client are both ours, and could share a mistake about the wire.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from frameworks.environments import python_with
from keys.canaries import key_of

from ppkit.ai_assistant import AsyncAssistant, Brief, Purse
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.spending.usage import Usage

pytestmark = pytest.mark.processes
PINS = "requirements/other-server.txt"
BRIEF = Brief("La terrazza riapre", model="gpt-4.1")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it listens. Skips where no package index answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(python_with(PINS)), "-m", "uvicorn", "app.openai_app:app", "--port", str(port)]
    folder = tmp_path_factory.mktemp("other-server")
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]}
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/v1/models", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError("the other server did not start")


@pytest.fixture
def session(address: str, tmp_path: Path) -> Iterator[Session]:
    settings = Settings(home=tmp_path, mode="live", base_url=address)
    with httpx2.Client() as carrier:
        made = Session(
            settings, environment={"OPENAI_API_KEY": key_of("project", "other")}, http_client=carrier
        )
        yield made
        made.ledger.close()


def test_a_post_comes_whole_and_streamed_with_its_receipt_and_both_are_booked(session: Session) -> None:
    pieces: list[str] = []
    whole = session.assistant.write_post(BRIEF)
    streamed = session.assistant.write_post(BRIEF, pieces.append)
    for post in (whole, streamed):
        assert post.text == whole.text
        assert (post.is_complete, post.trouble, post.purse) == (True, None, Purse.OWN_KEY)
        assert post.receipt
        assert post.receipt.mark is None
        assert isinstance(post.receipt.usage, Usage)
        assert post.receipt.cost <= post.receipt.reserved
    assert "".join(pieces) == streamed.text
    totals = session.ledger.totals()
    assert (totals.calls, totals.spent) == (2, whole.receipt.cost + streamed.receipt.cost)  # type: ignore[union-attr]
    assert not totals.reserved


def test_a_post_goes_on_to_variants_and_other_networks(session: Session) -> None:
    posts = session.assistant.variants(BRIEF, 2)
    adapted = session.assistant.adapt(posts[0], ["linkedin", "x"])
    assert (len(posts), posts.trouble, len(adapted), adapted.trouble) == (2, None, 2, None)


def test_an_image_without_figures_is_counted_at_the_most_that_it_can_cost(session: Session) -> None:
    estimate = session.assistant.estimate_image(BRIEF)
    picture = session.assistant.draw(BRIEF)
    assert picture.format == "png"
    assert picture.receipt
    assert (picture.receipt.mark, picture.receipt.cost) == ("ceiling", estimate.highest_cost)


def test_chats_of_the_metered_client_are_booked_streamed_and_not(session: Session) -> None:
    asked: Any = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Ciao"}]}
    with session.client() as client, session.meter.receipts() as receipts:
        whole = client.chat.completions.create(**asked)
        pieces = [chunk for chunk in client.chat.completions.create(**asked, stream=True) if chunk.choices]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in pieces)
    assert text == whole.choices[0].message.content
    assert [receipt.mark for receipt in receipts] == [None, None]
    assert len({receipt.cost for receipt in receipts}) == 1


async def _posts(session: Session) -> list[str]:
    awaited = AsyncAssistant(session.assistant)
    return [post.text for post in await asyncio.gather(*(awaited.write_post(BRIEF) for _ in range(3)))]


def test_several_at_once_are_all_booked(session: Session) -> None:
    assert len(asyncio.run(_posts(session))) == 3
    assert session.ledger.totals().calls == 3
