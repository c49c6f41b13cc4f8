"""A call to a regional address is held and settled at that address's price."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from ppkit.metering import Meter
from ppkit.spending.ledger import Entry

from .callers import AsyncCaller, Caller, SyncCaller
from .fake_platform import FakePlatform, response_body

ASK: dict[str, Any] = {"model": "gpt-6-luna", "input": "Ciao", "max_output_tokens": 16}


def entry_at(kind: type[Caller], meter: Meter, host: str, tier: str | None) -> Entry:
    platform = FakePlatform()
    told = {"model": ASK["model"], "service_tier": tier}
    if tier:
        platform.answer_with(httpx2.Response(200, json=response_body(10, 12) | told))
    kind(meter, platform, base_url=f"https://{host}/v1").call("responses.create", **ASK)
    meter.flush()
    (request,) = platform.requests
    return meter.ledger.entry(request.headers["x-client-request-id"])


@pytest.mark.parametrize("kind", [SyncCaller, AsyncCaller])
@pytest.mark.parametrize("tier", [None, "default", "flex", "priority"])
def test_a_regional_call_is_held_and_settled_at_ten_per_cent_more(
    kind: type[Caller], meter: Meter, tier: str | None
) -> None:
    usual, regional = (entry_at(kind, meter, host, tier) for host in ("api.openai.com", "eu.api.openai.com"))
    assert regional.reserved.pico_usd * 10 == usual.reserved.pico_usd * 11
    assert usual.cost is not None
    assert regional.cost is not None
    assert regional.cost.pico_usd * 10 == usual.cost.pico_usd * 11 > 0
