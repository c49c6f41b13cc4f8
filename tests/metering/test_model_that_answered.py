"""A call costs what the model, the tier and the region cost that answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from ppkit.metering import Meter
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ceiling import ceiling_of
from ppkit.spending.own_prices import read_own_prices
from ppkit.spending.prices import PriceCatalogue

from .callers import Caller, SyncCaller
from .fake_platform import MODEL, FakePlatform, sse
from .reported_calls import (
    CATALOGUE,
    CIAO,
    CREATE,
    MINI,
    NEWS,
    RESP,
    RESPOND,
    SEARCHES,
    TEXT,
    booked,
    chat,
    chunks,
    paid,
    response,
    tokens,
)


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    return CATALOGUE


@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer_of_a_dearer_model_without_usage_counts_at_that_models_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, streamed: bool
) -> None:
    call = MINI | {"max_completion_tokens": 1_000}
    whole = chat(None, model="gpt-5.5")
    answer: Any = whole
    if streamed:
        answer = [each if each == "[DONE]" else each | {"model": "gpt-5.5"} for each in chunks()]
    entry = booked(caller, meter, platform, CREATE, answer=answer, **call)
    price = CATALOGUE.price_of("gpt-5.5", meter.clock.now())
    size = len(platform.requests[-1].content)
    dearer = ceiling_of("chat", call | {"model": "gpt-5.5"}, size, price).total
    assert entry.cost is not None
    assert entry.reserved < entry.cost
    assert abs(entry.cost.pico_usd - dearer.pico_usd) < dearer.pico_usd // 10
    assert entry.mark == "ceiling"


def test_a_broken_stream_of_a_dearer_model_counts_what_was_seen_at_its_price(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    call = MINI | {"reasoning_effort": "none"}
    events = [each | {"model": "gpt-5.5"} for each in chunks()[:1]]
    entry = booked(caller, meter, platform, CREATE, answer=events, **call)
    platform.answer_with(sse([f"data: {json.dumps(each)}\n\n".encode() for each in events * 2]))
    caller.stream(CREATE, take=1, **call)
    meter.flush()
    broken = meter.ledger.entry(platform.requests[-1].headers["x-client-request-id"])
    assert broken.mark == "estimated"
    assert broken.cost is not None
    assert broken.cost > Money.usd("0.00003") * len(TEXT)
    assert entry.mark == "ceiling"


@pytest.mark.parametrize(
    ("asked", "answered", "usd"),
    [
        ("gpt-5.4-mini", "gpt-5.5", "0.2"),
        ("gpt-5.4-mini", "gpt-5.4-mini-2026-03-17", "0.03"),
        ("gpt-5.4-mini", "gpt-5.4-mini-2029-01-01", "0.03"),
        ("gpt-5.5", "gpt-5.4-mini", "0.03"),
        ("gpt-4o", "gpt-4o-2024-05-13", "0.125"),
        ("gpt-6.2-sol", "gpt-6.2-sol-2026-11-17", "0.07"),
        ("gpt-5.5", None, "0.2"),
    ],
)
def test_a_call_costs_what_the_model_costs_that_answered(
    caller: Caller, meter: Meter, platform: FakePlatform, asked: str, answered: str | None, usd: str
) -> None:
    answer = chat(tokens(10_000, 5_000)) | {"model": answered}
    entry = booked(caller, meter, platform, CREATE, answer=answer, **CIAO | {"model": asked})
    assert (entry.cost, entry.mark) == (Money.usd(usd), None)


def test_a_dearer_model_that_passes_the_ceiling_is_an_overrun(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    call = MINI | {"max_completion_tokens": 5_000}
    answer = chat(tokens(10_000, 5_000), model="gpt-5.5")
    entry = booked(caller, meter, platform, CREATE, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.2"), "overrun")


@pytest.mark.parametrize("more", [{"model": "gpt-99-nova"}, {"service_tier": "ultrafast"}])
def test_an_answer_without_a_known_price_counts_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, more: dict[str, str]
) -> None:
    answer = chat(tokens(20, 600)) | more
    entry = booked(caller, meter, platform, CREATE, answer=answer, **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_what_the_user_said_of_a_model_holds_for_its_snapshots(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    meter.catalogue = CATALOGUE.with_user_price(MODEL, input="1", output="5")
    answer = chat(tokens(20, 600), model=f"{MODEL}-2026-01-01") | {"service_tier": "scale"}
    entry = booked(caller, meter, platform, CREATE, answer=answer, **CIAO | {"model": MODEL})
    assert (entry.cost, entry.mark) == (Money.usd("0.00302"), None)


@pytest.mark.parametrize(("answered", "usd"), [("default", "0.00302"), ("priority", "0.00604")])
def test_a_price_from_the_users_file_holds_for_snapshots_at_the_tier_that_answered(
    caller: Caller, meter: Meter, platform: FakePlatform, tmp_path: Path, answered: str, usd: str
) -> None:
    file = tmp_path / "ppkit-prices.toml"
    file.write_text(
        f'[[price]]\nmodels = ["{MODEL}"]\ninput = "1"\noutput = "5"\ntiers = {{priority = "2"}}\n'
        'note = "contract 2026"\n'
    )
    meter.catalogue = PriceCatalogue(own=read_own_prices(file))
    answer = chat(tokens(20, 600), model=f"{MODEL}-2026-01-01") | {"service_tier": answered}
    with meter.receipts() as receipts:
        entry = booked(caller, meter, platform, CREATE, answer=answer, **CIAO | {"model": MODEL})
    assert entry.cost == Money.usd(usd)
    assert [receipt.price_from for receipt in receipts] == ["contract 2026 (ppkit-prices.toml)"]


@pytest.mark.parametrize(("answered", "mark"), [("gpt-5.5", None), ("gpt-5.4-nano", "estimated")])
def test_of_the_users_price_and_that_of_another_model_the_dearer_counts(
    caller: Caller, meter: Meter, platform: FakePlatform, answered: str, mark: str | None
) -> None:
    meter.catalogue = CATALOGUE.with_user_price(MODEL, input="1", output="5")
    answer = chat(tokens(10_000, 5_000), model=answered)
    entry = booked(caller, meter, platform, CREATE, answer=answer, **CIAO | {"model": MODEL})
    assert (entry.cost, entry.mark) == (Money.usd("0.2" if mark is None else "0.035"), mark)


def test_a_long_request_at_a_tier_without_a_row_for_it_takes_the_usual_surcharge(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.5-pro", 300_000, 1_000, service_tier="flex")
    call = {"model": "gpt-5.5-pro", "input": "Ciao", "service_tier": "flex", "max_output_tokens": 2_000}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("9.135"), "overrun")


def test_an_unpriced_call_costs_what_the_model_costs_that_answered(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    meter.allow_unpriced = True
    entry = booked(
        caller,
        meter,
        platform,
        CREATE,
        answer=chat(tokens(10_000, 5_000), model="gpt-5.4-mini"),
        **CIAO,
        model="ft:gpt-9:org::1",
    )
    assert (entry.cost, entry.mark) == (Money.usd("0.03"), "estimated")
    ev = [x if x == "[DONE]" else x | {"model": "gpt-5.4-mini"} for x in chunks(tokens(10_000, 5_000))]
    entry = booked(caller, meter, platform, CREATE, answer=ev, **CIAO, model="ft:gpt-9:org::1")
    assert (entry.cost, entry.mark) == (Money.usd("0.03"), "estimated")


@pytest.mark.parametrize(
    ("asked", "got", "usd", "mark"),
    [
        ("priority", "default", "0.2", None),
        ("default", "priority", "0.5", "overrun?"),
        ("flex", "default", "0.2", None),
        ("default", "flex", "0.1", None),
        (None, "batch", "0.1", None),
        ("fast", "priority", "0.5", None),
    ],
)
def test_a_call_costs_what_its_tier_costs_that_answered(
    caller: Caller, meter: Meter, platform: FakePlatform, asked: Any, got: Any, usd: str, mark: Any
) -> None:
    answer = response("gpt-5.5", 10_000, 5_000, service_tier=got)
    more = {"service_tier": asked} if asked else {}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, model="gpt-5.5", input="Ciao", **more)
    assert entry.cost == Money.usd(usd)


def test_a_tier_without_a_price_counts_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.4-nano", 10_000, 5_000, service_tier="priority")
    entry = booked(
        caller,
        meter,
        platform,
        RESPOND,
        answer=answer,
        model="gpt-5.4-nano",
        input="Ciao",
        max_output_tokens=6000,
    )
    assert entry.mark in ("ceiling", "estimated")


def test_an_unbounded_call_of_a_dearer_model_without_usage_counts_at_that_models_window(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.5", 10, 10, *SEARCHES) | {"usage": None}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS)
    assert paid(entry) > entry.reserved * 2, (entry.cost, entry.reserved)


def test_a_cost_above_its_reservation_is_seen_by_the_next_call(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    budget = Budget(meter.ledger)
    budget.set(hard="1")
    answer = chat(tokens(0, 900_000))
    platform.answer_with(httpx2.Response(200, json=answer))
    caller.call(CREATE, **MINI, max_completion_tokens=100)
    with pytest.raises(openai.RateLimitError):
        caller.call(CREATE, **MINI, max_completion_tokens=100)


def test_a_regional_address_takes_its_surcharge_of_the_model_that_answered(
    meter: Meter, platform: FakePlatform
) -> None:
    c = SyncCaller(meter, platform, base_url="https://eu.api.openai.com/v1")
    entry = booked(
        c, meter, platform, RESPOND, answer=response("gpt-5.5", 10_000, 5_000), model="gpt-5.5", input="x"
    )
    assert (entry.cost, entry.mark) == (Money.usd("0.22"), None)
    entry = booked(
        c,
        meter,
        platform,
        RESPOND,
        answer=response("gpt-5.5", 10_000, 5_000),
        model="gpt-5.4-mini",
        input="x",
    )
    assert (entry.cost, entry.mark) == (Money.usd("0.22"), None)


@pytest.mark.parametrize("status", ["completed", "incomplete"])
def test_a_background_response_of_a_dearer_model_without_usage_counts_at_that_models_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, status: Any
) -> None:
    queued = response("gpt-5.4-mini", 0, 0, status="queued") | {"usage": None, "output": []}
    platform.answer_with(
        httpx2.Response(200, json=queued),
        httpx2.Response(200, json=response("gpt-5.5", 25, 600, status=status) | {"usage": None}),
    )
    caller.call(RESPOND, **RESP, background=True)
    cid = platform.requests[0].headers["x-client-request-id"]
    caller.call("responses.retrieve", response_id="resp_1")
    entry = meter.ledger.entry(cid)
    assert entry.mark == "ceiling"
    assert paid(entry) > entry.reserved
