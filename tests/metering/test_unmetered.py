"""Spending that no meter sees is reported once, where ppkit can notice it, and can be made an error."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx2
import openai
import pytest

from ppkit.metering import (
    AsyncMeteredTransport,
    AsyncOpenAI,
    Meter,
    MeteredTransport,
    OpenAI,
    UnmeteredWarning,
)
from ppkit.money import Money

from .callers import BASE_URL, KEY, Caller, SyncCaller
from .fake_platform import MODEL, FakePlatform

ASK: dict[str, Any] = {"model": MODEL, "input": "Ciao"}


@pytest.fixture
def plain(platform: FakePlatform) -> openai.OpenAI:
    """What a framework makes when it drops the client that it was given."""
    own = httpx2.Client(transport=httpx2.MockTransport(platform))
    return openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=own, max_retries=0)


def told(shown: Iterable[warnings.WarningMessage]) -> list[str]:
    return [str(each.message) for each in shown if each.category is UnmeteredWarning]


@pytest.fixture
def shown() -> Iterator[list[warnings.WarningMessage]]:
    """What is warned of; shown every time, so that "once" is ours and not Python's."""
    with warnings.catch_warnings(record=True) as recorder:
        warnings.simplefilter("always")
        yield recorder


# ---------------------------------------------------------------- a client that is not ours


def test_a_plain_client_where_metered_ones_call_is_told_once(
    caller: Caller, plain: openai.OpenAI, meter: Meter, shown: list[warnings.WarningMessage]
) -> None:
    for _ in range(3):
        assert plain.responses.create(**ASK).output_text
    (sentence,) = told(shown)
    assert "platform.test" in sentence
    assert "ppkit.OpenAI" in sentence
    assert KEY not in sentence
    assert meter.ledger.totals().spent == Money(0)


def test_an_asynchronous_one_as_well(
    caller: Caller, platform: FakePlatform, shown: list[warnings.WarningMessage]
) -> None:
    async def call() -> None:
        own = httpx2.AsyncClient(transport=httpx2.MockTransport(platform))
        async with openai.AsyncOpenAI(api_key=KEY, base_url=BASE_URL, http_client=own) as client:
            await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Ciao"}])

    asyncio.run(call())
    assert len(told(shown)) == 1


def test_openais_own_address_is_always_watched(shown: list[warnings.WarningMessage]) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(401, json={}))
    for address in ("https://api.openai.com/v1", "https://eu.api.openai.com/v1"):
        client = openai.OpenAI(api_key=KEY, base_url=address, http_client=httpx2.Client(transport=transport))
        with pytest.raises(openai.AuthenticationError):
            client.responses.create(**ASK)
    assert ["eu.api" in sentence for sentence in told(shown)] == [False, True]


def test_the_warning_points_at_the_line_of_the_caller(caller: Caller, plain: openai.OpenAI) -> None:
    with pytest.warns(UnmeteredWarning) as recorder:
        plain.responses.create(**ASK)
    assert [each.filename for each in recorder] == [__file__]


def test_where_it_is_an_error_nothing_is_sent_however_often(
    caller: Caller, plain: openai.OpenAI, platform: FakePlatform
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnmeteredWarning)
        for _ in range(2):
            with pytest.raises((UnmeteredWarning, openai.APIConnectionError)):
                plain.responses.create(**ASK)
    assert platform.requests == []


def test_other_services_and_free_calls_are_nobodys_business(
    caller: Caller, platform: FakePlatform, recwarn: pytest.WarningsRecorder
) -> None:
    own = httpx2.Client(transport=httpx2.MockTransport(platform))
    elsewhere = openai.OpenAI(api_key=KEY, base_url="http://mistral.test/v1", http_client=own)
    elsewhere.responses.create(**ASK)
    here = openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=own)
    here.get("/models", cast_to=object)
    assert told(recwarn) == []


# ---------------------------------------------------------------- the HTTP client


def test_a_metered_client_never_warns_of_itself_with_whatever_http_client(
    meter: Meter, platform: FakePlatform, recwarn: pytest.WarningsRecorder
) -> None:
    first = SyncCaller(meter, platform).client
    bare = httpx2.Client(transport=httpx2.MockTransport(platform))
    for client in (first, first.copy(http_client=bare), first.with_options(http_client=bare)):
        client.responses.create(**ASK)
    meter.flush()
    assert len(platform.requests) == 3
    assert meter.ledger.totals().spent == Money(platform.billed_pico_usd)
    assert told(recwarn) == []


def test_what_takes_the_http_client_out_of_ours_is_metered(
    meter: Meter, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    answering = httpx2.MockTransport(platform)
    monkeypatch.setattr(
        httpx2.HTTPTransport, "handle_request", lambda _, request: answering.handle_request(request)
    )
    ours = OpenAI(meter=meter, api_key=KEY, base_url=BASE_URL)
    framework = openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=ours._client)
    framework.responses.create(**ASK)
    ours._client.post(BASE_URL + "/responses", json=ASK).read()
    meter.flush()
    assert len(platform.requests) == 2
    assert meter.ledger.totals().spent == Money(platform.billed_pico_usd)
    assert told(recwarn) == []


def test_a_callers_own_http_client_used_by_another_is_told(
    meter: Meter, platform: FakePlatform, shown: list[warnings.WarningMessage]
) -> None:
    shared = httpx2.Client(transport=httpx2.MockTransport(platform))
    OpenAI(meter=meter, api_key=KEY, base_url=BASE_URL, http_client=shared).responses.create(**ASK)
    meter.flush()
    counted = meter.ledger.totals().spent
    for _ in range(2):
        openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=shared).responses.create(**ASK)
        shared.post(BASE_URL + "/responses", json=ASK)
    meter.flush()
    assert meter.ledger.totals().spent == counted
    assert len(told(shown)) == 1


def past_the_transports(platform: FakePlatform) -> list[Callable[[], httpx2.Client]]:
    class Sending(httpx2.Client):
        def send(self, request: httpx2.Request, **_options: Any) -> httpx2.Response:
            response = httpx2.MockTransport(platform).handle_request(request)
            response.request = request
            return response

    class Choosing(httpx2.Client):
        def _transport_for_url(self, url: httpx2.URL) -> httpx2.BaseTransport:
            return httpx2.MockTransport(platform)

    return [Sending, Choosing]


@pytest.mark.parametrize("which", [0, 1], ids=["send", "choice of transport"])
def test_an_http_client_that_goes_past_its_transports_is_told(
    which: int, meter: Meter, platform: FakePlatform, shown: list[warnings.WarningMessage]
) -> None:
    http_client = past_the_transports(platform)[which]()
    client = OpenAI(meter=meter, api_key=KEY, base_url=BASE_URL, http_client=http_client)
    for _ in range(2):
        client.responses.create(**ASK)
    assert meter.ledger.totals().spent == Money(0)
    assert len(told(shown)) == 1


@pytest.mark.parametrize(
    ("metered", "sdk"), [(MeteredTransport, openai.OpenAI), (AsyncMeteredTransport, openai.AsyncOpenAI)]
)
def test_a_transport_with_a_meter_of_its_own_needs_no_warning(
    metered: Any, sdk: Any, meter: Meter, platform: FakePlatform, recwarn: pytest.WarningsRecorder
) -> None:
    transport = metered(httpx2.MockTransport(platform), meter)
    kind = httpx2.Client if sdk is openai.OpenAI else httpx2.AsyncClient
    answer = sdk(api_key=KEY, base_url=BASE_URL, http_client=kind(transport=transport)).responses.create(
        **ASK
    )
    if sdk is openai.AsyncOpenAI:
        asyncio.run(_waited(answer))
    meter.flush()
    assert meter.ledger.totals().spent == Money(platform.billed_pico_usd) != Money(0)
    assert told(recwarn) == []


async def _waited(answer: Any) -> Any:
    return await answer


# ---------------------------------------------------------------- the key


@pytest.mark.parametrize("kind", [OpenAI, AsyncOpenAI])
def test_who_takes_the_key_for_a_connection_of_its_own_is_told(
    kind: Any, meter: Meter, shown: list[warnings.WarningMessage]
) -> None:
    client = kind(meter=meter, api_key=KEY, base_url=BASE_URL)
    for _ in range(2):
        assert KEY in str(client.auth_headers)
    (sentence,) = told(shown)
    assert "metering" in sentence  # the package that holds this test
    assert KEY not in sentence


def test_showing_a_client_and_calling_with_it_takes_nothing(
    caller: Caller, recwarn: pytest.WarningsRecorder
) -> None:
    assert repr(caller.client)
    caller.call("responses.create", **ASK)
    assert told(recwarn) == []
