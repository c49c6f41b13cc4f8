"""One exam for every store: `ledger` is a ledger on each database that ppkit can open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ppkit.clock import ManualClock
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, open_ledger


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a fresh ledger can be opened; another database joins the exam by one more parameter."""
    return f"{request.param}:///{tmp_path / 'ledger.sqlite3'}"


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
