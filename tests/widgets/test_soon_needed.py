"""What the first click will need is loaded beforehand, beside the window."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

import ppkit.widgets
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.widgets.base import soon_needed
from ppkit.widgets.base.soon_needed import SOON_NEEDED, load_soon_needed

TEMPLATES = {path.stem for path in Path(ppkit.widgets.__file__).parent.rglob("*.html")}


@pytest.fixture
def begun() -> list[str]:
    """The names of what was begun beside the caller, and done at once."""
    return []


@pytest.fixture
def beside(begun: list[str]) -> Callable[[Callable[[], None], str], None]:
    def begin(work: Callable[[], None], name: str) -> None:
        begun.append(name)
        work()

    return begin


def test_each_window_and_each_module_exists() -> None:
    assert [name for name in SOON_NEEDED if name not in TEMPLATES] == []
    modules = {module for needed in SOON_NEEDED.values() for module in needed}
    assert [module for module in modules if find_spec(module) is None] == []


def test_what_is_missing_is_loaded_and_what_cannot_be_is_left_to_the_click(
    begun: list[str], beside: Callable[[Callable[[], None], str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.setitem(soon_needed.SOON_NEEDED, "setup", ("no_such_module", "colorsys"))
    load_soon_needed("setup", beside)
    assert "colorsys" in sys.modules
    assert len(begun) == 1


CLIENT_MADE = """
import sys
from importlib import import_module
from ppkit.widgets.base.soon_needed import SOON_NEEDED
for name in SOON_NEEDED["setup"]:
    import_module(name)
before = set(sys.modules)
from openai import OpenAI
OpenAI(api_key="none", base_url="http://127.0.0.1:1")
print(sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


@pytest.mark.processes
def test_the_first_client_finds_what_it_is_made_of() -> None:
    made = subprocess.run([sys.executable, "-c", CLIENT_MADE], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"


def test_nothing_is_begun_for_what_is_there_or_for_a_window_without_need_or_without_threads(
    begun: list[str], beside: Callable[[Callable[[], None], str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(soon_needed.SOON_NEEDED, "setup", ("sys",))
    load_soon_needed("setup", beside)
    load_soon_needed("course", beside)
    monkeypatch.setitem(soon_needed.SOON_NEEDED, "setup", ("no_such_module",))
    with standing_on(WEB_PAGE):
        load_soon_needed("setup", beside)
    assert begun == []
