"""What tests of several rooms share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from postgres_server import ServerMissing, any_server, new_database

from ppkit.clock import ManualClock
from ppkit.metering import unmetered
from ppkit.practice_platform.platform import Platform

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A busy machine is no failure; and where somebody waits for the answer, two runs of one commit say the same.
settings.register_profile("ppkit", deadline=None, derandomize=os.environ.get("CI") == "true")
# `pytest --hypothesis-profile=thorough tests/keys/test_pasted_key_laws.py`: over 100,000 pasted texts.
settings.register_profile("thorough", settings.get_profile("ppkit"), max_examples=12_000)
# `--cases 3 --hypothesis-profile=few`: every test with few inputs, for what does not depend on inputs.
settings.register_profile("few", settings.get_profile("ppkit"), max_examples=10)
settings.load_profile("ppkit")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, default=0, help="run at most so many cases of each test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--cases`, keep the first, the last and what lies evenly between of each test's cases."""
    most = config.getoption("--cases")
    if not most:
        return
    by_test: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_test.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {
        id(cases[round(place * (len(cases) - 1) / max(1, most - 1))])
        for cases in by_test.values()
        for place in range(most)
    }
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
    items[:] = [item for item in items if id(item) in kept]


# No test, and no process that a test starts, sees the keyring of the machine.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

# In this order; scripts/chromium.sh makes sure that there is one, or Playwright's own download.
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(autouse=True)
def nothing_told_before() -> None:
    """Which addresses are watched, and what was warned of, a process remembers; each test begins anew."""
    unmetered.forget()


@pytest.fixture
def clock() -> ManualClock:
    """A Monday morning, until a test moves it."""
    return ManualClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))


@pytest.fixture
def platform(tmp_path: Path, clock: ManualClock) -> Iterator[Platform]:
    """A practice platform without a socket, and without an account."""
    found = Platform.open(tmp_path / "practice.sqlite3", clock)
    yield found
    found.close()


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """A real PostgreSQL, one per worker; its tests are skipped, visibly, where there is none."""
    try:
        with any_server() as url:
            yield url
    except ServerMissing as missing:
        pytest.skip(f"PostgreSQL not found here: {missing}")


@pytest.fixture
def postgres_url(postgres_server_url: str) -> Iterator[str]:
    """A database of the test's own, empty at first. At its end nobody may be connected to it any more."""
    with new_database(postgres_server_url) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium without a window. One per module: two of them at once in a thread do not get along."""
    from playwright.sync_api import expect, sync_playwright  # lazy: most tests need no browser

    expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
    found = (path for name in CHROMIUM_NAMES if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(found, None))
        yield browser
        browser.close()
