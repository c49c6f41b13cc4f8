"""`python -m benchmarks.streaming`: a post that grows in the Assistant's window, in JupyterLab and Chromium.

How long from the platform's first byte to the first word on the screen, and how even the page's frames are
while a text comes in 200 pieces a second.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from benchmarks.journey import CHROMIUM_NAMES, WAIT_MILLISECONDS, started
from benchmarks.page import replace_part

ROUNDS = 20
PIECES, PIECES_A_SECOND = 1_200, 200
WINDOW = '[data-window="assistant"]'
TOLD = "first-byte.json"
FIRST_BYTE = f"""import json, time, ppkit, httpx2
from pathlib import Path
raw = httpx2.Response.iter_raw
def timed(self, *arguments, **named):
    first = True
    for chunk in raw(self, *arguments, **named):
        if first:
            Path({TOLD!r}).write_text(json.dumps(time.time() * 1000))
        first = False
        yield chunk
httpx2.Response.iter_raw = timed
ppkit.session().accounting.plan_credits.quota = 10_000
ppkit.assistant()"""
PACED = f"""import time
from ppkit.ai_assistant import paid_calls
from ppkit.ai_assistant.writing import WrittenText
def fast(client, body, on_delta, stopped):
    begun = time.perf_counter()
    for number in range({PIECES}):
        time.sleep(max(0, begun + number / {PIECES_A_SECOND} - time.perf_counter()))
        on_delta("parola " if number % 12 else "parola.\\n")
    return WrittenText("parola", "benchmark", True, None)
paid_calls.write_stream = fast"""
UNPACED = """from ppkit.ai_assistant import paid_calls, writing
paid_calls.write_stream = writing.write_stream"""
FAST = f"""{PACED}
import ppkit
ppkit.assistant()"""
FIRST_WORD = """() => {
  window.firstWord = 0;
  const seen = () => document.querySelector('[data-window="assistant"] [data-stream]')?.textContent;
  const look = () => seen() ? window.firstWord = Date.now() : requestAnimationFrame(look);
  look();
}"""
FRAMES = """() => {
  const frames = [];
  window.framesSeen = null;
  let before = performance.now(), begun = false;
  const growing = () => document.querySelector('[data-window="assistant"] [data-stream]')?.textContent;
  const look = (now) => {
    if (growing()) { if (begun) frames.push(now - before); begun = true; }
    else if (begun) return window.framesSeen = frames;
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def streaming_rows(rounds: int = ROUNDS) -> list[str]:
    """One table row for each figure."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
        context = playwright.chromium.launch_persistent_context(f"{folder}/browser", executable_path=found)
        with started(Path(folder)) as address:
            page = context.new_page()
            page.set_default_timeout(WAIT_MILLISECONDS)
            waits = _first_words(page, address, Path(folder) / "notebooks", rounds)
            frames = _frames(page, address, Path(folder) / "notebooks")
        context.close()
    late = sum(one > 50 for one in frames)
    return [
        f"Load {load:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end; {rounds} posts, then one of "
        f"{PIECES} pieces at {PIECES_A_SECOND} a second.",
        "",
        "| a growing post | ms, median | from, to |",
        "|---|---|---|",
        _row("from the platform's first byte to the first word on the screen", waits),
        _row(f"between two frames meanwhile ({len(frames)} frames, {late} of them over 50 ms)", frames),
    ]


def _row(name: str, times: list[float]) -> str:
    return f"| {name} | {statistics.median(times):,.0f} | {min(times):,.0f} to {max(times):,.0f} |"


def _open(page: Page, address: str, notebooks: Path, name: str, cell: str) -> None:
    """A notebook of one cell, beside the lessons, run."""
    code: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": cell,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = {"metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    written = next(notebooks.rglob("*.ipynb")).parent / name
    written.write_text(json.dumps({**made, "cells": [{**code, "id": "cell"}]}))
    parts = urlsplit(address)
    place = written.relative_to(notebooks).as_posix()
    page.goto(f"{parts.scheme}://{parts.netloc}/doc/tree/{place}?{parts.query}&reset")
    not_run = page.locator(".jp-InputPrompt").first.filter(has_text="[ ]")
    page.locator(".jp-Cell .cm-content").first.click()
    while not_run.count():  # before the kernel is there, running a cell does nothing
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1_000)
    page.locator(WINDOW).wait_for()


def _first_words(page: Page, address: str, notebooks: Path, rounds: int) -> list[float]:
    """The first post starts the platform and the SDK, and is not counted."""
    _open(page, address, notebooks, "first.ipynb", FIRST_BYTE)
    page.locator(f"{WINDOW} [name=topic]").fill("Aperitivo al tramonto")
    waits = []
    for number in range(rounds + 1):
        page.evaluate(FIRST_WORD)
        page.locator(f'{WINDOW} form[data-action="write"] button[type="submit"]').first.click()
        seen = float(page.wait_for_function("() => window.firstWord").json_value())
        page.locator(f'{WINDOW} [data-result="post {number + 1}"]').wait_for()
        page.wait_for_timeout(700)  # or two clicks would be a double click, which counts once
        told = next(notebooks.rglob(TOLD))
        waits.append(seen - json.loads(told.read_text()))
    return waits[1:]


def _frames(page: Page, address: str, notebooks: Path) -> list[float]:
    """Milliseconds between frames, from the first word to the whole post."""
    _open(page, address, notebooks, "fast.ipynb", FAST)
    page.locator(f"{WINDOW} [name=topic]").fill("Aperitivo al tramonto")
    page.evaluate(FRAMES)
    page.locator(f'{WINDOW} form[data-action="write"] button[type="submit"]').first.click()
    return [float(one) for one in page.wait_for_function("() => window.framesSeen").json_value()]


if __name__ == "__main__":
    rows = "\n".join(streaming_rows())
    print(rows)
    replace_part("streaming", rows)
