"""One exam for every store: `ledger` is a ledger on each database that ppkit can open."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
from postgres_server import new_database

from ppkit.clock import ManualClock, SystemClock
from ppkit.footing import COMPUTER, WEB_PAGE, standing_on
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, open_ledger

NewLedgerUrl = Callable[[], AbstractContextManager[str]]
"""Where a fresh ledger can be opened, for as long as the context lasts."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "in a web page", pytest.param("postgres", marks=pytest.mark.processes)])
def store_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every rule is proven on each; `on_sqlite` (examples.py) keeps a test to what only a file has.

    "in a web page" is a file as it is kept where nobody else can open it (tests/lite runs it in one).
    """
    with standing_on(WEB_PAGE if request.param == "in a web page" else COMPUTER):
        yield cast(str, request.param)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes several processes proves nothing of a place that has one."""
    alone = [item for item in items if _is_in_a_page(item) and item.get_closest_marker("processes")]
    config.hook.pytest_deselected(items=alone)
    items[:] = [item for item in items if item not in alone]


def _is_in_a_page(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and (
        hasattr(item, "callspec") and item.callspec.params.get("store_kind") == "in a web page"
    )


def places_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> NewLedgerUrl:
    """Makes one place after the other: files in the folder, or databases of the tests' server."""
    if kind == "postgres":
        return partial(new_database, request.getfixturevalue("postgres_server_url"))
    folder.mkdir(exist_ok=True)
    numbers = itertools.count(1)
    return lambda: nullcontext(f"sqlite:///{folder / f'ledger-{next(numbers)}.sqlite3'}")


@pytest.fixture
def new_ledger_url(store_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> NewLedgerUrl:
    return places_of(store_kind, request, tmp_path)


@pytest.fixture(scope="session")
def migrated_database(postgres_server_url: str) -> Iterator[str]:
    """The name of a database with a ledger's tables and nothing in them."""
    with new_database(postgres_server_url) as url:
        open_ledger(url, SystemClock()).close()
        yield urlsplit(url).path.lstrip("/")


def migrated_place(kind: str, request: pytest.FixtureRequest, folder: Path) -> AbstractContextManager[str]:
    """A copy of a ledger without an entry: to copy one is faster than to migrate another."""
    if kind == "postgres":
        template = request.getfixturevalue("migrated_database")
        return new_database(request.getfixturevalue("postgres_server_url"), f"TEMPLATE {template}")
    folder.mkdir(exist_ok=True)
    path = folder / "ledger.sqlite3"
    shutil.copy(request.getfixturevalue("blank_ledger"), path)
    return nullcontext(f"sqlite:///{path}")


@pytest.fixture
def new_migrated_url(store_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> NewLedgerUrl:
    """For tests that open many ledgers one after the other, and prove nothing of their making."""
    numbers = itertools.count(1)
    return lambda: migrated_place(store_kind, request, tmp_path / str(next(numbers)))


@pytest.fixture
def ledger_url(store_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the test's ledger is. Nothing is there before it is opened, unless by `ledger`."""
    if "ledger" in request.fixturenames:
        place = migrated_place(store_kind, request, tmp_path)
    else:
        place = places_of(store_kind, request, tmp_path)()
    with place as url:
        yield url


@pytest.fixture
def ledger(ledger_url: str, clock: ManualClock) -> Iterator[Ledger]:
    """A ledger whose books are audited after the test."""
    ledger = open_ledger(ledger_url, clock)
    yield ledger
    assert ledger.audit() == []
    ledger.close()


@pytest.fixture
def budget(ledger: Ledger) -> Budget:
    return Budget(ledger)
