"""`python -m benchmarks.static_page_clicks [FOLDER] [it|en]`, after `make lite`: how soon the page answers.

From a click to the painted change that it led to, in the windows and in the platform's pages inside them,
while somebody takes the first lessons; how a text grows; and for how long the page stood still.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.static_page import SITE, Host
from benchmarks.streaming import PACED, UNPACED

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
from lite.page_walk import PageWalk, open_map, visitor  # noqa: E402  (the tests know the way)
from widgets.course_walk import ASSISTANT, COSTS, LESSON, SETUP  # noqa: E402
from widgets.first_lessons import be_stopped, connect, write_and_draw  # noqa: E402
from widgets.learner import Mouse  # noqa: E402
from widgets.mending_lesson import sort_the_words  # noqa: E402

WATCH = HERE / "static_page_clicks.js"
TEXTS = 5
FORGET = "() => { for (const one of [clicks, updates, frames, still]) one.length = 0; }"
FORGET_TEXT = "() => { for (const one of [updates, frames]) one.length = 0; }"
RUN = """async (code) => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const { content } = await kernel.requestExecute({ code, silent: true, store_history: false }).done;
  if (content.status !== "ok") throw new Error(content.evalue);
}"""
BETWEEN_CLICKS = 700  # ms, or two would be a double click, which counts once


def grow_texts(walk: PageWalk) -> tuple[list[float], list[float]]:
    """Of each text: how many times a second it grew, and the longest gap between two frames (ms).

    The texts come as fast as a platform's would, whatever the practice platform would do: `streaming.PACED`.
    """
    walk.page.evaluate(RUN, PACED)
    rates, gaps = [], []
    for number in range(2, 2 + TEXTS):
        walk.page.wait_for_timeout(BETWEEN_CLICKS)
        walk.page.evaluate(FORGET_TEXT)
        walk.press("assistant.write", ASSISTANT)
        walk.page.locator(f'{ASSISTANT} [data-result="post {number}"]').wait_for()
        grown = walk.page.evaluate("updates")
        if len(grown) > 2 and grown[-1] > grown[0]:  # else it was there at once
            rates.append((len(grown) - 1) * 1000 / (grown[-1] - grown[0]))
        gaps.append(max(later - before for before, later in pairwise(walk.page.evaluate("frames"))))
    walk.page.evaluate(RUN, UNPACED)
    return rates, gaps


def take_lessons(page: Page, site: str, language: str) -> list[str]:
    """The lines of the report."""
    walk = PageWalk(page, Mouse(), language)
    open_map(page, site, language)
    page.evaluate(FORGET)  # to start is another matter
    connect(walk)
    walk.go_on("create", SETUP, ASSISTANT)
    write_and_draw(walk)
    rates, gaps = grow_texts(walk)
    walk.go_on("costs", ASSISTANT, COSTS)
    be_stopped(walk)
    walk.press("lesson.next_one", LESSON, title=walk.title("mend"))
    sort_the_words(walk)
    page.wait_for_timeout(BETWEEN_CLICKS)
    clicks, still = page.evaluate("clicks"), page.evaluate("still")
    return [
        *rows(clicks),
        "",
        f"Busy for more than 50 ms: {len(still)} times, at most {max(still, default=0):,.0f} ms.",
        f"{len(rates)} of {TEXTS} texts grew, the others came at once; times a second: "
        f"{', '.join(f'{rate:.0f}' for rate in rates) or '-'}.",
        f"The longest gap between two frames was {max(gaps):,.0f} ms.",
    ]


def rows(clicks: list[dict[str, Any]]) -> list[str]:
    """A table, one row for each window."""
    found = ["| clicks in | number | ms, median | 95 % | slowest |", "|---|---|---|---|---|"]
    for place in sorted({click["place"] for click in clicks}):
        own = sorted(
            (click for click in clicks if click["place"] == place), key=lambda one: one["milliseconds"]
        )
        times = [click["milliseconds"] for click in own]
        late = times[-(-len(times) * 95 // 100) - 1]
        slowest = f"{own[-1]['words']}, {times[-1]:,.0f}"
        found.append(f"| {place} | {len(own)} | {statistics.median(times):,.0f} | {late:,.0f} | {slowest} |")
    return found


def main() -> None:
    site = Path(sys.argv[1]) if sys.argv[1:] else SITE
    language = sys.argv[2] if sys.argv[2:] else "it"
    expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
    begun = os.getloadavg()[0]
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=str(site))) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        with visitor(browser, address, width=1280) as (page, _elsewhere):
            page.context.add_init_script(f"({WATCH.read_text('utf-8')})()")
            print("\n".join(take_lessons(page, address, language)))
        browser.close()
        server.shutdown()
    print(f"{os.cpu_count()} cores, load {begun:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end.")


if __name__ == "__main__":
    main()
