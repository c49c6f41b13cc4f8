"""A key that is typed, damaged, refused, stopped and cut off by a killed kernel: afterwards it is nowhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ppkit.look.texts import Texts
from ppkit.practice_platform.address import find_running
from ppkit.practice_platform.remote import Control

from .course_walk import SETUP
from .lab import Lab, open_notebook, places_that_hold, quiet_page, save

pytestmark = pytest.mark.browser
CANARY = "CANARY" + "x7Q2" * 3
KEY = "sk-practice-" + (CANARY * 3)[:48]
KERNEL_PID = "import os\nfrom pathlib import Path\nPath('kernel.pid').write_text(str(os.getpid()))"


def check(page: Page, typed: str) -> None:
    page.locator(SETUP).get_by_label("Secret key").fill(typed)
    page.locator(f"{SETUP} form").get_by_role("button", name="Check").click()
    expect(page.locator(SETUP).get_by_label("Secret key")).to_have_value("")


def problem(page: Page, words: str) -> None:
    expect(page.locator(f"{SETUP} .pp-problem")).to_contain_text(words)


def test_a_key_that_meets_every_mishap_is_found_nowhere(chromium: Browser, lab: Lab) -> None:
    notebook = lab.notebook("key.ipynb", KERNEL_PID, "import ppkit\nppkit.setup(ppkit.practice())")
    frames: list[str] = []
    with quiet_page(chromium, lab) as (page, elsewhere):
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame)))
        )
        open_notebook(page, lab, notebook)
        page.locator(SETUP).get_by_role("button", name="EN").click()
        page.locator(SETUP).get_by_role("button", name=re.compile("Secret key")).click()
        check(page, KEY[:40])  # half a key
        problem(page, Texts("en")("keys.refusal.half.what"))
        check(page, f"  “{KEY}”\n")  # repaired, then refused by the platform
        problem(page, "does not recognize this key")
        practice = find_running(lab.home)
        assert practice
        Control(practice).post("faults", name="no_answer", on=True)
        check(page, KEY)
        page.locator(SETUP).get_by_role("button", name="Stop the check").click()
        problem(page, "was stopped")
        check(page, KEY)  # and while this one waits, the kernel dies
        expect(page.locator(SETUP).get_by_role("button", name="Stop the check")).to_be_visible()
        os.kill(int((lab.work / "kernel.pid").read_text()), signal.SIGKILL)
        save(page)
        assert elsewhere == []
    saved = lab.work / notebook
    assert json.loads(saved.read_text("utf-8"))["metadata"]["widgets"]
    convert = [sys.executable, "-m", "nbconvert", "--to", "html", str(saved)]
    subprocess.run(convert, check=True, capture_output=True, cwd=lab.work)
    assert saved.with_suffix(".html").stat().st_size > 100_000
    assert places_that_hold(CANARY, lab.folder) == []
    # What processes share in memory. Folders there are those of other tests.
    shared = [path for path in Path("/dev/shm").iterdir() if path.is_file() and os.access(path, os.R_OK)]
    assert not any(CANARY.encode() in path.read_bytes() for path in shared)
    assert not any(CANARY in frame for frame in frames), "a message came back from the kernel with the key"
    scanned = subprocess.run(
        [shutil.which("ppkit", path=str(Path(sys.executable).parent)) or "ppkit", "scan", str(lab.folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert scanned.returncode == 0, scanned.stdout
