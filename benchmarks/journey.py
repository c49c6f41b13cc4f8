"""What a learner waits for, in Chromium: `ppkit start`, the map, a lesson, the answer to a click."""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from ppkit.clock import SystemClock
from ppkit.start.shared_platform import end_practice

ROUNDS = 5
WAIT_MILLISECONDS = 90_000
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
ANSWER = """button => new Promise(done => {
  const started = performance.now();
  const seen = () => button.matches("[data-pressed]") || !button.isConnected;
  const look = () => seen() ? done(performance.now() - started) : requestAnimationFrame(look);
  button.click();
  requestAnimationFrame(look);
})"""


def journey_rows(rounds: int = ROUNDS) -> list[str]:
    """The first round fills the browser's cache and compiles Python files; it is not counted."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
        context = playwright.chromium.launch_persistent_context(f"{folder}/browser", executable_path=found)
        measured = [_round(context, Path(folder)) for _ in range(rounds + 1)][1:]
        context.close()
    names = (
        "from `ppkit start` to the map of the course",
        "from the map to the first lesson",
        "from a click to its visible answer",
    )
    return [
        f"| {name} | {statistics.median(times):,.0f} | {min(times):,.0f} to {max(times):,.0f} |"
        for name, times in zip(names, zip(*measured, strict=True), strict=True)
    ]


def _round(context: BrowserContext, folder: Path) -> tuple[float, float, float]:
    """Milliseconds for each of the three."""
    begun = time.perf_counter()
    with started(folder) as address:
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.goto(address)
        page.locator('[data-window="course"]').wait_for()
        mapped = time.perf_counter()
        page.locator('[data-window="course"] .pp-button').first.click()
        page.locator('[data-window="setup"]').wait_for()
        opened = time.perf_counter()
        answer = page.locator('[data-window="setup"] button[data-action]').first.evaluate(ANSWER)
        page.close()
    return (mapped - begun) * 1000, (opened - mapped) * 1000, float(answer)


@contextmanager
def started(folder: Path) -> Iterator[str]:
    """`ppkit start` in a learner's empty folder, until its address is printed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PPKIT_", "OPENAI_", "JUPYTER"))
    }
    home = folder / "home"
    command = [sys.executable, "-m", "ppkit", "start", "--no-browser", "--language", "en"]
    process = subprocess.Popen(
        [*command, "--folder", str(folder / "notebooks")],
        env={**environment, "PPKIT_HOME": str(home), "HOME": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _address(process)
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=30)
        process.kill()
        end_practice(home, SystemClock())


def _address(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if found := re.search(r"http://\S+token=\S+", line):
            return found.group()
    raise RuntimeError("ppkit start printed no address")
