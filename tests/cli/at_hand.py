"""The practice platform in this process, behind the commands: no socket, the unmodified SDK, an admin key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from widgets.practice_in_process import StaysOpen

import ppkit as package
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.practice_link import PracticeLink
from ppkit.practice_platform.address import Address
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform

PLACE = "http://127.0.0.1:8099"


@contextmanager
def practice_at_hand(
    platform: Platform, admin_key: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Inside, the commands' session meets this platform."""
    address = Address(f"{PLACE}/v1", f"{PLACE}/", "token", 1)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", admin_key)
    monkeypatch.setattr(PracticeLink, "address", lambda _self: address)
    monkeypatch.setattr(PracticeLink, "clock", clock)
    with StaysOpen(create_app(platform), base_url=PLACE) as web:
        package.session()._http_client = cast(Any, web)
        yield
    package.session().ledger.close()


def client_of(secret: str) -> Any:
    """A metered client of the commands' session."""
    package.session().link(ApiKey(secret))
    return package.session().client(max_retries=0)
