from __future__ import annotations

import shutil
import sys
import types
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ppkit.clock import ManualClock
from ppkit.metering import Meter
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.model_limits import ModelLimits
from ppkit.spending.prices import PriceCatalogue

from .callers import AsyncCaller, Caller, SyncCaller
from .fake_platform import MODEL, FakePlatform


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def ledger_path(tmp_path: Path, blank_ledger: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    shutil.copy(blank_ledger, path)
    return path


@pytest.fixture
def ledger(ledger_path: Path, clock: ManualClock) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{ledger_path}", clock)
    yield ledger
    ledger.close()


@pytest.fixture
def budget(ledger: Ledger) -> Budget:
    return Budget(ledger)


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    limits = ModelLimits(context_window=100_000, max_output_tokens=1_000)
    return PriceCatalogue().with_user_price(MODEL, input="1", cached="0.1", output="5", limits=limits)


@pytest.fixture
def meter(ledger: Ledger, catalogue: PriceCatalogue, clock: ManualClock) -> Meter:
    async def sleep(seconds: float) -> None:
        clock.sleep(seconds)

    return Meter(ledger, catalogue, clock, async_sleep=sleep)


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest, meter: Meter, platform: FakePlatform) -> Caller:
    kind = SyncCaller if request.param == "sync" else AsyncCaller
    return kind(meter, platform)


@pytest.fixture
def websockets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A stand-in for the websockets package that notes every connection it is asked for."""
    asked: list[str] = []

    class Connected(Exception):
        pass

    class Connect:
        def __init__(self, url: str, **_options: Any) -> None:
            asked.append(url)
            raise Connected

    contents: dict[str, dict[str, Any]] = {
        "websockets": {},
        "websockets.uri": {"parse_uri": str},
        "websockets.version": {"version": "15.0"},
        "websockets.exceptions": {"SecurityError": Exception},
        "websockets.sync": {},
        "websockets.sync.client": {"connect": Connect, "ClientConnection": object},
        "websockets.asyncio": {},
        "websockets.asyncio.client": {"connect": Connect, "ClientConnection": object},
    }
    for name, members in contents.items():
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "openai.lib._websocket", raising=False)
    return asked
