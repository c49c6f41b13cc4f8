"""A key typed into a cell of a real JupyterLab: saved, saved by itself, and shown to the user."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .lab import Lab, Server, new_learner, open_notebook, quiet_page, running_server, save

pytestmark = pytest.mark.browser
PICTURES = Path(__file__).resolve().parents[2] / "test-results" / "guard"
SIDE = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=74))
KEY = f"sk-proj-{SIDE}T3Blbk" + f"FJ{SIDE[::-1]}"
PART = KEY[12:40].encode()
MASKED = f"sk-…{KEY[-4:]}"
TOAST = ".Toastify__toast"


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("guarded") / "server", guarded=True) as running:
        yield running


def type_into_first_cell(page: Page, text: str, *, run: bool) -> None:
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    if run:
        page.keyboard.press("Control+Enter")
        expect(page.locator(".jp-OutputArea-output").first).to_contain_text(KEY[:20])


def go_on_typing_until_told(page: Page) -> None:
    """What is typed while JupyterLab saves counts as saved until more is typed, and after a save it rests ten
    times as long as that took: the first comes while a kernel starts."""
    for _ in range(400):
        if page.locator(TOAST).count():
            return
        page.keyboard.insert_text(" ")
        page.wait_for_timeout(1_000)


def files_with_the_key(lab: Lab) -> list[Path]:
    return [path for path in lab.folder.rglob("*") if path.is_file() and PART in path.read_bytes()]


def notebook_in(lab: Lab, language: str) -> str:
    (lab.work / language).mkdir()
    return lab.notebook(f"{language}/lesson.ipynb", "1 + 1")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("it", f"La chiave {MASKED} non è finita nel file"),
        ("en", f"The key {MASKED} was not saved to the file"),
    ],
)
def test_a_key_in_a_cell_reaches_no_file_and_the_person_is_told(
    chromium: Browser, guarded_server: Server, language: str, words: str
) -> None:
    with new_learner(guarded_server) as lab, quiet_page(chromium, lab) as (page, elsewhere):
        notebook = notebook_in(lab, language)
        open_notebook(page, lab, notebook, run=False)
        type_into_first_cell(page, f"key = '{KEY}'; print(key); 1 / 0", run=True)
        save(page)
        expect(page.locator(TOAST)).to_contain_text(words)
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"told-{language}.png")
        page.locator(TOAST).get_by_role("button").first.click()
        expect(page.locator(TOAST)).to_have_count(0)
        save(page)  # nothing new: no second notice, and no question about a file that changed
        expect(page.locator(".jp-CodeCell .cm-content").first).to_contain_text(KEY[:20])
        expect(page.locator(".jp-Dialog")).to_have_count(0)
        expect(page.locator(TOAST)).to_have_count(0)
        assert elsewhere == []
        saved = (lab.work / notebook).read_text("utf-8")
        assert [cell["source"] for cell in json.loads(saved)["cells"]] == [
            [f"key = '{MASKED}'; print(key); 1 / 0"]
        ]
        assert len(list(lab.work.rglob("*.ipynb"))) == 2  # the notebook and its checkpoint
        assert list(lab.folder.rglob("history.sqlite"))  # of what was typed
        assert files_with_the_key(lab) == []


def test_a_notebook_that_saves_itself_is_cleaned_and_told_too(
    chromium: Browser, guarded_server: Server
) -> None:
    with (
        new_learner(guarded_server, docmanager={"autosaveInterval": 5}) as lab,
        quiet_page(chromium, lab) as (page, _elsewhere),
    ):
        open_notebook(page, lab, notebook_in(lab, "en"), run=False)
        type_into_first_cell(page, f"key = '{KEY}'", run=False)
        go_on_typing_until_told(page)
        expect(page.locator(TOAST)).to_contain_text(MASKED)
        assert MASKED in (lab.work / "en/lesson.ipynb").read_text("utf-8")
        assert files_with_the_key(lab) == []


def test_without_the_guard_the_key_is_in_the_file(chromium: Browser, lab: Lab) -> None:
    """So that the tests above can fail."""
    with quiet_page(chromium, lab) as (page, _elsewhere):
        open_notebook(page, lab, notebook_in(lab, "en"), run=False)
        type_into_first_cell(page, f"key = '{KEY}'; print(key)", run=True)
        save(page)
    assert lab.work / "en/lesson.ipynb" in files_with_the_key(lab)
