"""A class on one machine: `python -m benchmarks.hub_load [--learners 30] [--browsers 2]`, some five minutes.

The hub of deploy/jupyterhub as its tests run it: one account of the system for all, the real proxy, servers
and kernels. All learners log in at the same moment, by the login form; when the last one sees the map of the
course, all play the whole practice path at once. Some of them are real browsers. Wanted: all are in within a
minute, no click takes over two seconds, and a learner less than 250 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
from playwright.sync_api import sync_playwright

from ppkit.start.lesson_states import is_shown_code
from ppkit.start.notebooks import packaged_notebooks

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the hub as its tests start it
from frameworks.environments import UV, made_once, python_with, run
from hub.test_hub import PASSWORD, PROXY, Hub, Learner, executed, install_proxy, running_hub
from websocket import WebSocket

ROOT = Path(__file__).parents[1]
LANGUAGE = "it"
LESSONS = ("01", "02", "03", "04")
"""The practice path; what follows is done elsewhere, or in code."""

BEGIN = f"import sys; sys.path.insert(0, {str(ROOT / 'tests' / 'notebooks')!r}); import solutions"
END = "import json; solutions.assert_finished(); print(json.dumps(solutions.clicks))"
WAIT_MILLISECONDS = 300_000


@dataclass(slots=True)
class Measured:
    """Seconds of each learner, and of each click by its window and action."""

    logged_in: list[float] = field(default_factory=list)
    server_ready: list[float] = field(default_factory=list)
    map_shown: list[float] = field(default_factory=list)
    played: list[float] = field(default_factory=list)
    clicks: list[tuple[str, float]] = field(default_factory=list)
    in_browsers: list[tuple[str, float]] = field(default_factory=list)


class Class:
    """Learners who begin at the same moment, and wait for each other before they play."""

    def __init__(self, hub: Hub, seats: Sequence[str], browsers: int) -> None:
        self.hub = hub
        self.measured = Measured()
        self._seats = seats[browsers:]
        self._browsers = seats[:browsers]
        self._begun = time.perf_counter()
        self._all_are_in = threading.Barrier(len(self._seats) + bool(browsers), self._weigh)
        self.megabytes: dict[str, float] = {}

    def play(self) -> None:
        with ThreadPoolExecutor(len(self._seats) + 1) as pool:
            playing = [pool.submit(self._learner, seat) for seat in self._seats]
            if self._browsers:
                try:
                    self._in_browsers()
                except BaseException:
                    self._all_are_in.abort()
                    raise
            for each in playing:
                each.result()

    def _weigh(self) -> None:
        self.megabytes = learners_megabytes([*self._browsers, *self._seats])

    def _since_begin(self) -> float:
        return time.perf_counter() - self._begun

    def _learner(self, seat: str) -> None:
        try:
            learner = self.hub.log_in(seat, PASSWORD)
            self.measured.logged_in.append(self._since_begin())
            learner.start_server()
            self.measured.server_ready.append(self._since_begin())
            with learner.kernel() as channel:
                executed(channel, "import ppkit\nppkit.course()")
            self.measured.map_shown.append(self._since_begin())
        except BaseException:
            self._all_are_in.abort()
            raise
        self._all_are_in.wait()
        started = time.perf_counter()
        for number in LESSONS:
            _end_older_kernels(learner)
            with learner.kernel() as channel:
                self._lesson(channel, number)
        self.measured.played.append(time.perf_counter() - started)

    def _lesson(self, channel: WebSocket, number: str) -> None:
        executed(channel, BEGIN)
        (path,) = (packaged_notebooks() / LANGUAGE).glob(f"{number}_*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells:  # type: ignore[no-untyped-call]
            if cell.cell_type == "code":
                executed(channel, cell.source)
                if not is_shown_code(cell):
                    executed(channel, "await solutions.solve(_)")
        self.measured.clicks += [tuple(each) for each in json.loads(executed(channel, END))]

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
                page.locator('[data-window="course"] [aria-current="step"] a').wait_for()
                self.measured.in_browsers.append(("from the login form to the map", self._since_begin()))
            self._all_are_in.wait()
            for page in pages:
                clicked = time.perf_counter()
                page.locator('[data-window="course"] [aria-current="step"] a').click()
                page.locator('[data-window="setup"]').wait_for()
                self.measured.in_browsers.append(
                    ("from the map to the first lesson", time.perf_counter() - clicked)
                )
            browser.close()


def _end_older_kernels(learner: Learner) -> None:
    """All but the last one: the hub's servers do so five minutes after a lesson was left."""
    kernels = learner.client.get(f"/user/{learner.name}/api/kernels").raise_for_status().json()
    for kernel in sorted(kernels, key=lambda one: str(one["last_activity"]))[:-1]:
        learner.client.delete(f"/user/{learner.name}/api/kernels/{kernel['id']}").raise_for_status()


def learners_megabytes(seats: Sequence[str]) -> dict[str, float]:
    """Proportional set size of each learner's processes together."""
    sizes: dict[str, float] = defaultdict(float)
    for process in psutil.process_iter():
        try:
            seat = process.environ().get("JUPYTERHUB_USER", "")
            if seat in seats:
                sizes[seat] += process.memory_full_info().pss / 1e6
        except psutil.Error:
            continue
    return sizes


def table(measured: Measured, one_kernel: dict[str, float], at_end: dict[str, float]) -> Iterator[str]:
    yield "| seconds from the common beginning | median | last |"
    yield "|---|---|---|"
    for name, times in (
        ("logged in", measured.logged_in),
        ("own server answers", measured.server_ready),
        ("map of the course drawn by a kernel", measured.map_shown),
    ):
        yield f"| {name} | {statistics.median(times):.1f} | {max(times):.1f} |"
    yield "\n| in real browsers | seconds |\n|---|---|"
    for name, seconds in measured.in_browsers:
        yield f"| {name} | {seconds:.1f} |"
    yield f"\n{len(measured.clicks)} clicks; the path was played in {max(measured.played):.0f} s.\n"
    yield "| click | how many | median, s | 95 % | longest |"
    yield "|---|---|---|---|---|"
    by_name = defaultdict(list)
    for name, seconds in measured.clicks:
        by_name[name].append(seconds)
        by_name["all"].append(seconds)
    slowest = sorted(by_name, key=lambda name: -max(by_name[name]))
    for name in sorted(slowest[:9], key=lambda name: name != "all"):
        times = sorted(by_name[name])
        most = times[min(len(times) - 1, int(len(times) * 0.95))]
        yield f"| {name} | {len(times)} | {statistics.median(times):.2f} | {most:.2f} | {times[-1]:.2f} |"
    yield "\n| MB of one learner (proportional set size) | median | most |\n|---|---|---|"
    for name, sizes in (
        ("server and one kernel, with the map", one_kernel),
        ("and the kernel of the lesson before", at_end),
    ):
        yield f"| {name} | {statistics.median(sizes.values()):.0f} | {max(sizes.values()):.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--browsers", type=int, default=2, help="how many of them are real browsers")
    options = parser.parse_args()
    seats = [f"class-load-{number:02}" for number in range(options.learners)]
    with tempfile.TemporaryDirectory(prefix="ppkit-hub-load-") as name:
        state = Path(name)
        proxy = made_once("hub-proxy", PROXY, install_proxy)
        (state / "node_modules").symlink_to(proxy / "node_modules")
        run([str(UV), "pip", "install", "--quiet", "--no-deps", "--target", str(state / "site"), str(ROOT)])
        with running_hub(state, python_with("requirements/hub.txt"), seats) as hub:
            load = os.getloadavg()[0]
            learners = Class(hub, seats, options.browsers)
            learners.play()
            at_end = learners_megabytes(seats)
            print(f"{options.learners} learners, {os.cpu_count()} cores, load {load:.1f} at the beginning.\n")
            print("\n".join(table(learners.measured, learners.megabytes, at_end)))
            print(f"\nAll learners together: {sum(at_end.values()) / 1000:.1f} GB, without browsers and hub.")


if __name__ == "__main__":
    main()
