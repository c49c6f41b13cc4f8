"""Python inside a page works in what the browser keeps, if no other page does."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest

from ppkit import browser_storage
from ppkit.browser_storage import ROOT, folder_of, hold


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that the page was asked for; it is free as long as it is asked for the first time."""
    folders: list[str] = []

    def run_js(_script: str) -> Callable[[object, str], Awaitable[bool]]:
        async def script(_files: object, folder: str) -> bool:
            folders.append(folder)
            return "taken" not in folder

        return script

    monkeypatch.setitem(sys.modules, "pyodide.code", SimpleNamespace(run_js=run_js))
    monkeypatch.setitem(sys.modules, "pyodide_js", SimpleNamespace(FS=None))
    monkeypatch.setattr(browser_storage, "_held", [])
    monkeypatch.setenv("PPKIT_HOME", "/not-kept")
    return folders


def test_a_kernel_that_holds_the_storage_works_in_it_and_asks_once(asked: list[str]) -> None:
    assert asyncio.run(hold("/course/"))
    assert asyncio.run(hold("/course/"))
    assert asked == [os.environ["PPKIT_HOME"]] == [str(ROOT / "course/data")]


def test_a_kernel_that_comes_second_works_where_nobody_keeps_anything(asked: list[str]) -> None:
    assert not asyncio.run(hold("/taken/"))
    assert os.environ["PPKIT_HOME"] == "/not-kept"
    assert not asyncio.run(hold("/taken/"))
    assert len(asked) == 2


@pytest.mark.parametrize(("site", "folder"), [("/", "data"), ("/a/b/", "a/b/data")])
def test_two_courses_at_one_host_have_a_folder_each(site: str, folder: str) -> None:
    assert folder_of(site) == ROOT / folder
