"""Practice refuses real keys and live refuses practice keys, whichever way a key comes into a call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest

import ppkit
from ppkit.metering import AsyncOpenAI, KeyOfOtherMode, Meter
from ppkit.spending.budget import Budget

from .callers import KEY, Caller
from .fake_platform import FakePlatform
from .test_outcomes import ASK

REAL = "sk-proj-" + "CANARY" * 8
KEYS = {"practice": (KEY, REAL), "live": (REAL, KEY)}
OURS = Path(ppkit.__file__).parent


def function_for(client: Any, key: str) -> Callable[[], Any]:
    async def key_soon() -> str:
        return key

    return key_soon if isinstance(client, AsyncOpenAI) else lambda: key


# Each is given a client of a permitted key, and the other mode's key; it returns a client and what to say.
WAYS: dict[str, Callable[[Any, str], tuple[Any, dict[str, Any]]]] = {
    "with_options": lambda client, key: (client.with_options(api_key=key), {}),
    "copy, another address": lambda client, key: (
        client.copy(api_key=key, base_url="http://elsewhere.test/v1"),
        {},
    ),
    "a function": lambda client, key: (client.copy(api_key=function_for(client, key)), {}),
    "extra headers": lambda client, key: (client, {"extra_headers": {"Authorization": f"Bearer {key}"}}),
    "Azure's header": lambda client, key: (client, {"extra_headers": {"api-key": key}}),
    "default headers": lambda client, key: (
        client.with_options(default_headers={"Authorization": f"Bearer {key}"}),
        {},
    ),
}


@pytest.fixture(params=["practice", "live"])
def keys(request: pytest.FixtureRequest, meter: Meter, caller: Caller) -> tuple[str, str]:
    meter.mode = request.param
    mine, foreign = KEYS[request.param]
    caller.client = caller.client.with_options(api_key=mine, max_retries=2)
    return mine, foreign


@pytest.mark.parametrize("way", WAYS)
def test_the_other_modes_key_is_refused_before_anything_is_reserved_or_sent(
    caller: Caller, meter: Meter, platform: FakePlatform, keys: tuple[str, str], way: str
) -> None:
    Budget(meter.ledger).set(hard="10")
    caller.client, arguments = WAYS[way](caller.client, keys[1])
    with pytest.raises(KeyOfOtherMode) as refused:
        caller.call("responses.create", **ASK | arguments)
    assert isinstance(refused.value, openai.AuthenticationError)
    assert (refused.value.status_code, refused.value.facts) == (401, {"mode": meter.mode})
    with pytest.raises(KeyOfOtherMode):  # a free call would still give the key away
        caller.call("models.retrieve", model="gpt", **arguments)
    assert platform.requests == []
    assert meter.ledger.totals().calls == meter.ledger.totals().reserved.pico_usd == 0


@pytest.mark.parametrize("way", WAYS)
def test_the_refusal_shows_no_key(caller: Caller, keys: tuple[str, str], way: str) -> None:
    caller.client, arguments = WAYS[way](caller.client, keys[1])
    with pytest.raises(KeyOfOtherMode) as refused:
        caller.call("responses.create", **ASK | arguments)
    error = refused.value
    shown = [str(error), repr(error), repr(vars(error)), repr(vars(error.request))]
    frames = [entry.frame for entry in refused.traceback if Path(str(entry.path)).is_relative_to(OURS)]
    assert len(frames) >= 3
    shown += [repr(value) for frame in frames for value in frame.f_locals.values()]
    assert not any("CANARYCANARY" in text for text in shown)


def test_the_modes_own_key_passes(caller: Caller, platform: FakePlatform, keys: tuple[str, str]) -> None:
    caller.call("responses.create", **ASK)
    given = function_for(caller.client, keys[0])
    caller.client = caller.client.copy(api_key=given)
    caller.call("responses.create", **ASK)
    assert inspect.isfunction(given)
    assert len(platform.requests) == 2


@pytest.mark.parametrize("header", ["X-Client-Request-Id", "Content-Type", "X-Anything"])
def test_a_key_of_the_other_mode_is_found_in_any_header(
    caller: Caller, meter: Meter, platform: FakePlatform, header: str
) -> None:
    meter.mode = "practice"
    real = "sk-proj-" + "CANARY" * 8
    with pytest.raises(KeyOfOtherMode):
        caller.call("responses.create", **ASK, extra_headers={header: f"text/plain {real}"})
    assert platform.requests == []
