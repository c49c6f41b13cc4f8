"""A class on one machine: `python -m benchmarks.hub_load [--learners 30] [--pause-seconds 5 0]`.

The hub of deploy/jupyterhub as its tests run it: one account of the system for all, the real proxy, servers
and kernels. All learners log in at the same moment, by the login form; when the last one sees the map of the
course, all play the whole practice path at once: in one kernel, as the pages of the lessons do, which hand it
on. Some of them are real browsers. The path is played once for each pause: so many seconds lie between two
clicks on average, as people take them; with 0, everybody clicks at once, which no class does. Wanted: all are
in within a minute, no click takes over two seconds, and a learner less than 250 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, sync_playwright
from playwright.sync_api import TimeoutError as BrowserTimeout

from ppkit.start.lesson_states import is_shown_code
from ppkit.start.notebooks import packaged_notebooks

from .hub_load_table import Measured, Round, hub_megabytes, learners_megabytes, processor_seconds, table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the hub as its tests start it
from frameworks.environments import UV, made_once, python_with, run
from hub.test_hub import PASSWORD, PROXY, Hub, Learner, executed, install_proxy, running_hub
from websocket import WebSocket

ROOT = Path(__file__).parents[1]
LANGUAGE = "it"
LESSONS = ("01", "02", "03", "04")
"""The practice path; what follows is done elsewhere, or in code."""

# Another round is another learner to the practice host, with another data folder.
BEGIN = f"""
import os, sys
os.environ["JUPYTERHUB_USER"] += "-{{round}}"
os.environ["PPKIT_HOME"] += "-{{round}}"
sys.path.insert(0, {str(ROOT / "tests" / "notebooks")!r})
import ppkit, solutions
solutions.take_time({{pause}}, {{seed!r}})
ppkit.course()
"""
END = "import json; print(json.dumps(solutions.clicks))"
WAIT_MILLISECONDS = 300_000
LOOK_MILLISECONDS = (
    2_000  # a browser can be closed by its own thread only: it looks whether it still has to wait
)


class LearnerFailed(Exception):
    """The first of the class whose path ended early; the others are ended with it."""


class Class:
    """Learners who begin at the same moment, and wait for each other before they play."""

    def __init__(self, hub: Hub, seats: Sequence[str], browsers: int, pauses: Sequence[float]) -> None:
        self.hub = hub
        self.measured = Measured([Round(pause) for pause in pauses])
        self._seats = seats[browsers:]
        self._browsers = seats[:browsers]
        self._begun = time.perf_counter()
        self._all_are_in = threading.Barrier(len(self._seats) + bool(browsers), self._weigh)
        self._all_are_ready = threading.Barrier(len(self._seats))
        self._channels: set[WebSocket] = set()
        self._failing = threading.Lock()
        self._failed: str = ""

    def play(self) -> None:
        """Raises LearnerFailed."""
        with ThreadPoolExecutor(len(self._seats) + 1) as pool:
            playing = [pool.submit(self._tried, seat, self._learner) for seat in self._seats]
            if self._browsers:
                self._tried("browsers", lambda _: self._in_browsers())
            for each in playing:
                each.result()
        if self._failed:
            raise LearnerFailed(self._failed)

    def _tried(self, name: str, path: Callable[[str], None]) -> None:
        """Whoever fails ends all, who would wait for it for ever; only the first one's reason is told."""
        try:
            path(name)
        except BaseException as error:
            with self._failing:
                self._failed = self._failed or f"{name}: {type(error).__name__}: {error}"
            self._all_are_in.abort()
            self._all_are_ready.abort()
            for channel in list(self._channels):
                channel.abort()  # type: ignore[no-untyped-call]

    def _weigh(self) -> None:
        self.measured.at_map = learners_megabytes([*self._browsers, *self._seats])

    def _since_begin(self) -> float:
        return time.perf_counter() - self._begun

    def _learner(self, seat: str) -> None:
        learner = self.hub.log_in(seat, PASSWORD)
        self.measured.logged_in.append(self._since_begin())
        learner.start_server()
        self.measured.server_ready.append(self._since_begin())
        for number, each in enumerate(self.measured.rounds):
            if number:
                end_kernels(learner)
            with self._kernel(learner) as channel:
                executed(
                    channel, BEGIN.format(round=number, pause=each.pause_seconds, seed=f"{seat} {number}")
                )
                if number == 0:
                    self.measured.map_shown.append(self._since_begin())
                    self._all_are_in.wait()
                self._all_are_ready.wait()
                started = time.perf_counter()
                for lesson in LESSONS:
                    _play_lesson(channel, lesson)
                each.played.append(time.perf_counter() - started)
                each.clicks += [tuple(click) for click in json.loads(_clicks_in(channel))]

    @contextmanager
    def _kernel(self, learner: Learner) -> Iterator[WebSocket]:
        with learner.kernel() as channel:
            self._channels.add(channel)
            try:
                yield channel
            finally:
                self._channels.discard(channel)

    def _in_browsers(self) -> None:
        found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=next(filter(None, found), None))
            pages = [browser.new_context().new_page() for _ in self._browsers]
            for page, seat in zip(pages, self._browsers, strict=True):
                page.set_default_timeout(WAIT_MILLISECONDS)
                page.goto(f"{self.hub.url}/hub/login")
                page.fill("#username_input", seat)
                page.fill("#password_input", PASSWORD)
                page.click("#login_submit", no_wait_after=True)
            for page in pages:
                self.wait_until_seen(page.locator('[data-window="course"] [aria-current="step"] a'))
                self.measured.in_browsers.append(("from the login form to the map", self._since_begin()))
            self._all_are_in.wait()
            for page in pages:
                clicked = time.perf_counter()
                page.locator('[data-window="course"] [aria-current="step"] a').click()
                self.wait_until_seen(page.locator('[data-window="setup"]'))
                self.measured.in_browsers.append(
                    ("from the map to the first lesson", time.perf_counter() - clicked)
                )
            browser.close()

    def wait_until_seen(self, element: Locator) -> None:
        """Raises TimeoutError of the browser: when it did not come, or as soon as the class has ended."""
        end = time.monotonic() + WAIT_MILLISECONDS / 1000
        while True:
            try:
                return element.wait_for(timeout=LOOK_MILLISECONDS)
            except BrowserTimeout:
                if self._failed or time.monotonic() > end:
                    raise


def _play_lesson(channel: WebSocket, number: str) -> None:
    (path,) = (packaged_notebooks() / LANGUAGE).glob(f"{number}_*.ipynb")
    for cell in nbformat.read(path, as_version=4).cells:  # type: ignore[no-untyped-call]
        if cell.cell_type == "code":
            executed(channel, cell.source)
            if not is_shown_code(cell):
                executed(channel, "await solutions.solve(_)")
    executed(channel, "solutions.assert_finished()")


def end_kernels(learner: Learner) -> None:
    address = f"/user/{learner.name}/api/kernels"
    for kernel in learner.client.get(address).raise_for_status().json():
        learner.client.delete(f"{address}/{kernel['id']}").raise_for_status()


def _clicks_in(channel: WebSocket) -> str:
    """On a busy machine the word that a kernel is idle may overtake what it printed: asked until it came."""
    while not (printed := executed(channel, END)):
        pass
    return printed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--browsers", type=int, default=2, help="how many of them are real browsers")
    parser.add_argument(
        "--pause-seconds", type=float, nargs="+", default=[5.0, 0.0], help="mean time between two clicks"
    )
    options = parser.parse_args()
    seats = [f"class-load-{number:02}" for number in range(options.learners)]
    with tempfile.TemporaryDirectory(prefix="ppkit-hub-load-") as name:
        state = Path(name)
        proxy = made_once("hub-proxy", PROXY, install_proxy)
        (state / "node_modules").symlink_to(proxy / "node_modules")
        target = ["--compile-bytecode", "--target", str(state / "site")]
        run([str(UV), "pip", "install", "--quiet", "--no-deps", *target, str(ROOT)])
        load = os.getloadavg()[0]
        with running_hub(state, python_with("requirements/hub.txt"), seats) as hub:
            learners = Class(hub, seats, options.browsers, options.pause_seconds)
            try:
                learners.play()
            except LearnerFailed as failed:
                kept = shutil.copy(hub.log, Path(tempfile.gettempdir()) / f"ppkit-hub-load-{os.getpid()}.log")
                sys.exit(f"{failed}\nThe hub's log: {kept}")
            measured = learners.measured
            measured.at_end = learners_megabytes(seats)
            measured.seconds = processor_seconds(seats)
            measured.of_hub = hub_megabytes(hub.pid, seats)
            print(f"{options.learners} learners, {os.cpu_count()} cores, load {load:.1f} at the beginning.\n")
            print("\n".join(table(measured)))


if __name__ == "__main__":
    main()
