"""What tests of several rooms share."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import left_running
import pytest
import sweeps
from fast_folder import fast_folder
from hypothesis import settings
from in_process import is_unit, see_that_it_is_found, staying_in_process
from postgres_server import ServerMissing, any_server, new_database

from ppkit.clock import ManualClock, SystemClock
from ppkit.metering import unmetered
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.platform import Platform
from ppkit.spending.ledger import open_ledger

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# For pytest's own folders and for the processes that tests start. What the caller has chosen stays.
if "TMPDIR" not in os.environ and (folder := fast_folder()):
    os.environ["TMPDIR"] = tempfile.tempdir = folder

# A busy machine is no failure; and in continuous integration two runs of one commit say the same.
settings.register_profile(
    "ppkit", deadline=None, derandomize=os.environ.get("CI") == "true", max_examples=sweeps.USUAL_EXAMPLES
)
# `pytest --hypothesis-profile=thorough tests/keys/test_pasted_key_laws.py`: over 100,000 pasted texts.
settings.register_profile("thorough", settings.get_profile("ppkit"), max_examples=12_000)
# `--cases 1 --hypothesis-profile=few`: every test with few inputs, for what does not depend on inputs.
settings.register_profile("few", settings.get_profile("ppkit"), max_examples=5)
settings.load_profile("ppkit")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, default=0, help="run at most so many cases of each test")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(left_running)


@pytest.hookimpl(tryfirst=True)  # before `-m` is looked at
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked as nothing else is a unit test. With `--cases`, tests and sweeps have few cases each."""
    for item in items:
        if is_unit(item):
            item.add_marker("unit")
        see_that_it_is_found(item)
    items.sort(key=_place)
    most = sweeps.most_cases = config.getoption("--cases")
    if not most:
        return
    by_test: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_test.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {id(item) for cases in by_test.values() for item in sweeps.thinned(cases, most)}
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
    items[:] = [item for item in items if id(item) in kept]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is imported and collected stays to the end, so that no garbage need be looked for in it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from scheduling import ByItself  # lazy: only where xdist is

    return ByItself(config, log) if config.getoption("dist") == "loadgroup" else None


def _place(item: pytest.Item) -> tuple[bool, bool]:
    """Tests in the browser come last, and of these those in JupyterLab first: they take long."""
    in_jupyterlab = "lab_server" in getattr(item, "fixturenames", ())
    return item.get_closest_marker("browser") is not None, not in_jupyterlab


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    with staying_in_process(item):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    with staying_in_process(item):
        yield


# No test, and no process that a test starts, sees the keyring of the machine or the user's data folder.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
os.environ[left_running.WORKER] = left_running.OURS  # each worker has one of its own
if "PPKIT_HOME" not in os.environ:  # workers have that of the process that started them
    users = tempfile.mkdtemp(prefix="ppkit-tests-")
    os.environ["PPKIT_HOME"] = str(Path(users) / "home")
    atexit.register(shutil.rmtree, users, ignore_errors=True)

# In this order; scripts/chromium.sh makes sure that there is one, or Playwright's own download.
CHROMIUM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"


@pytest.fixture(autouse=True)
def nothing_told_before() -> None:
    """A process remembers watched addresses and warnings; each test starts without them."""
    unmetered.forget()


@pytest.fixture
def clock() -> ManualClock:
    """A Monday morning, until a test moves it."""
    return ManualClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def disk_folder() -> Iterator[Path]:
    """A folder for whole environments: they would fill memory, and on disk uv links files of its cache."""
    on_disk = "/var/tmp" if Path("/var/tmp").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="ppkit-tests-", dir=on_disk) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def blank_practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty file of the practice platform: to copy one is faster than to make its tables."""
    path = tmp_path_factory.mktemp("blank") / "practice.sqlite3"
    Database(path).close()
    return path


@pytest.fixture
def platform(tmp_path: Path, clock: ManualClock, blank_practice: Path) -> Iterator[Platform]:
    """A practice platform without a socket, and without an account."""
    found = Platform.open(shutil.copy(blank_practice, tmp_path / "practice.sqlite3"), clock)
    yield found
    found.close()


@pytest.fixture(scope="session")
def blank_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger's file without an entry: to copy one is faster than to migrate another."""
    path = tmp_path_factory.mktemp("blank") / "ledger.sqlite3"
    open_ledger(f"sqlite:///{path}", SystemClock()).close()
    return path


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
    """A database of the test's own, empty at first. At its end no connection to it may be left."""
    with new_database(postgres_server_url) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium without a window, and without any machine but this one; one per worker.

    While it runs, the thread has an event loop that runs: the tests that need it come last.
    """
    from playwright.sync_api import expect, sync_playwright  # lazy: most tests need no browser

    expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
    found = (path for name in CHROMIUM_NAMES if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(found, None), args=[ONLY_HERE])
        yield browser
        browser.close()
