"""Clients that a program makes for itself are metered while a meter is in force, and only then."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import openai
import pytest

from ppkit.metering import (
    HardLimitReached,
    Meter,
    OpenAI,
    OtherProviderRefused,
    UnmeteredRoute,
    UnmeteredWarning,
)
from ppkit.metering.plain_clients import plain_clients_metered
from ppkit.money import Money
from ppkit.spending.budget import Budget

from .callers import BASE_URL, KEY
from .fake_platform import MODEL, FakePlatform
from .test_clients import doors, opened

ASK: dict[str, Any] = {"model": MODEL, "input": "Ciao"}
OWN = {"openai-processing-ms": "9", "retry-after-ms": "1"}  # the platform's own answer, and no proxy's
CHAT: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Ciao"}]}


@pytest.fixture
def plain(platform: FakePlatform) -> openai.OpenAI:
    own = httpx2.Client(transport=httpx2.MockTransport(platform))
    return openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=own, max_retries=0)


@pytest.fixture
def plain_async(platform: FakePlatform) -> openai.AsyncOpenAI:
    own = httpx2.AsyncClient(transport=httpx2.MockTransport(platform))
    return openai.AsyncOpenAI(api_key=KEY, base_url=BASE_URL, http_client=own, max_retries=0)


@pytest.fixture
def in_force(meter: Meter) -> Iterator[None]:
    with plain_clients_metered(meter):
        yield


def assert_books_agree(meter: Meter, platform: FakePlatform, calls: int) -> None:
    meter.flush()
    totals = meter.ledger.totals()
    assert (totals.spent, totals.calls, totals.reserved) == (Money(platform.billed_pico_usd), calls, Money(0))


def asked_whole(client: openai.OpenAI) -> None:
    assert client.responses.create(**ASK).output_text


def asked_in_a_stream(client: openai.OpenAI) -> None:
    assert list(client.chat.completions.create(stream=True, **CHAT))


def asked_by_a_copy(client: openai.OpenAI) -> None:
    client.with_options(timeout=5).responses.create(**ASK)
    client.copy(max_retries=1).responses.create(**ASK)


def asked_raw(client: openai.OpenAI) -> None:
    client.responses.with_raw_response.create(**ASK).parse()
    with client.responses.with_streaming_response.create(**ASK) as response:
        response.read()


def asked_in_a_thread(client: openai.OpenAI) -> None:
    thread = threading.Thread(target=client.responses.create, kwargs=ASK)
    thread.start()
    thread.join()


WAYS = [
    (asked_whole, 1),
    (asked_in_a_stream, 1),
    (asked_by_a_copy, 2),
    (asked_raw, 2),
    (asked_in_a_thread, 1),
]


@pytest.mark.parametrize(("way", "calls"), WAYS, ids=[way.__name__ for way, _ in WAYS])
def test_a_client_made_before_is_metered_whatever_it_is_asked(
    way: Callable[[openai.OpenAI], None],
    calls: int,
    plain: openai.OpenAI,
    in_force: None,
    meter: Meter,
    platform: FakePlatform,
    recwarn: pytest.WarningsRecorder,
) -> None:
    way(plain)
    assert_books_agree(meter, platform, calls)
    assert [each for each in recwarn if each.category is UnmeteredWarning] == []


def test_an_asynchronous_client_and_its_streams_as_well(
    plain_async: openai.AsyncOpenAI, in_force: None, meter: Meter, platform: FakePlatform
) -> None:
    async def ask() -> None:
        await plain_async.responses.create(**ASK)
        async for _chunk in await plain_async.chat.completions.create(stream=True, **CHAT):
            pass

    asyncio.run(ask())
    assert_books_agree(meter, platform, 2)


def test_a_subclass_of_a_programs_own_is_metered(
    in_force: None, meter: Meter, platform: FakePlatform
) -> None:
    class Theirs(openai.OpenAI):
        pass

    http_client = httpx2.Client(transport=httpx2.MockTransport(platform))
    client = Theirs(api_key=KEY, base_url=BASE_URL, http_client=http_client)
    client.responses.create(**ASK)
    assert type(client.copy()) is Theirs
    assert_books_agree(meter, platform, 1)


def test_a_limit_stops_the_call_before_it_is_sent_as_the_sdks_own_error(
    plain: openai.OpenAI, in_force: None, meter: Meter, platform: FakePlatform
) -> None:
    Budget(meter.ledger).set(hard="0")
    with pytest.raises(openai.RateLimitError) as stopped:
        plain.responses.create(**ASK)
    assert isinstance(stopped.value, HardLimitReached)
    assert platform.requests == []
    assert meter.stop_count == 1


def test_a_repeat_takes_over_what_was_held_for_the_attempt_before(
    in_force: None, meter: Meter, platform: FakePlatform
) -> None:
    error = {"error": {"message": "sorry", "type": "server_error", "code": None, "param": None}}
    platform.answer_with(httpx2.Response(500, json=error, headers=OWN))
    http_client = httpx2.Client(transport=httpx2.MockTransport(platform))
    openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=http_client, max_retries=1).responses.create(
        **ASK
    )
    assert meter.ledger.totals().uncertain == Money(0)


def test_afterwards_nothing_is_counted_and_a_paid_call_is_told_of(
    plain: openai.OpenAI, meter: Meter, platform: FakePlatform
) -> None:
    with plain_clients_metered(meter):
        plain.responses.create(**ASK)
    counted = meter.ledger.totals().spent
    with pytest.warns(UnmeteredWarning, match="through an openai client that ppkit does not meter"):
        plain.responses.create(**ASK)
    assert meter.ledger.totals().spent == counted
    assert platform.billed_pico_usd == 2 * counted.pico_usd


def test_a_client_of_ours_keeps_its_own_meter(meter: Meter, platform: FakePlatform) -> None:
    other = Meter(meter.ledger, meter.catalogue, meter.clock)
    other.run_tag = {"run": "other"}
    http_client = httpx2.Client(transport=httpx2.MockTransport(platform))
    ours = OpenAI(meter=meter, api_key=KEY, base_url=BASE_URL, http_client=http_client)
    with plain_clients_metered(other):
        ours.responses.create(**ASK)
    assert_books_agree(meter, platform, 1)
    assert meter.ledger.totals(scope="tag:run=other").calls == 0


def test_blocks_that_overlap_end_each_for_its_own_meter(
    plain: openai.OpenAI, meter: Meter, platform: FakePlatform
) -> None:
    other = Meter(meter.ledger, meter.catalogue, meter.clock)
    other.run_tag = {"run": "other"}
    first, second = plain_clients_metered(meter), plain_clients_metered(other)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    plain.responses.create(**ASK)
    second.__exit__(None, None, None)
    assert meter.ledger.totals(scope="tag:run=other").calls == 1


def test_other_requests_of_the_program_pass_untouched(
    plain: openai.OpenAI, in_force: None, platform: FakePlatform, recwarn: pytest.WarningsRecorder
) -> None:
    plain.responses.create(**ASK)
    sent = len(platform.requests)
    elsewhere = httpx2.Client(transport=httpx2.MockTransport(platform))
    elsewhere.post("http://elsewhere.test/v1/responses", json=ASK)
    assert "ppkit_meter" not in platform.requests[sent].extensions
    assert [each for each in recwarn if each.category is UnmeteredWarning] == []


# ---------------------------------------------------------------- HTTP clients of the old package


def answered_by(platform: FakePlatform) -> Callable[[httpx.Request], httpx.Response]:
    """The platform behind an HTTP client of the old package; its answers come in pieces."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = httpx2.Request(
            request.method, str(request.url), headers=list(request.headers.raw), content=request.content
        )
        found = platform(asked)
        body = found.read()
        halves = httpx.ByteStream(body)
        return httpx.Response(found.status_code, headers=list(found.headers.raw), stream=halves)

    return answer


def old_clients(platform: FakePlatform) -> tuple[openai.OpenAI, openai.AsyncOpenAI]:
    given: dict[str, Any] = {"api_key": KEY, "base_url": BASE_URL, "max_retries": 0}
    transport = httpx.MockTransport(answered_by(platform))
    return (
        openai.OpenAI(http_client=httpx.Client(transport=transport), **given),  # type: ignore[arg-type]
        openai.AsyncOpenAI(http_client=httpx.AsyncClient(transport=transport), **given),  # type: ignore[arg-type]
    )


def test_a_client_with_an_http_client_of_the_old_package_is_metered_whole_and_in_streams(
    in_force: None, meter: Meter, platform: FakePlatform, recwarn: pytest.WarningsRecorder
) -> None:
    plain, plain_async = old_clients(platform)
    asked_whole(plain)
    asked_in_a_stream(plain)

    async def ask() -> None:
        await plain_async.responses.create(**ASK)
        async for _chunk in await plain_async.chat.completions.create(stream=True, **CHAT):
            pass

    asyncio.run(ask())
    assert_books_agree(meter, platform, 4)
    assert [each for each in recwarn if each.category is UnmeteredWarning] == []


def test_its_refusals_errors_and_limits_are_those_of_every_client(
    in_force: None, meter: Meter, platform: FakePlatform
) -> None:
    plain, _ = old_clients(platform)
    error = {"error": {"message": "no", "type": "invalid_request_error", "code": None, "param": None}}
    platform.answer_with(httpx2.Response(400, json=error), httpx2.Response(500, json=error))
    with pytest.raises(openai.BadRequestError, match="no"):
        plain.responses.create(**ASK)
    assert meter.ledger.totals().counted == Money(0)
    with pytest.raises(openai.InternalServerError, match="no"):
        plain.responses.create(**ASK)
    assert meter.ledger.totals().uncertain > Money(0)
    Budget(meter.ledger).set(hard="0")
    with pytest.raises(HardLimitReached):
        plain.responses.create(**ASK)


@pytest.mark.parametrize(("kind", "is_held"), [(httpx.ConnectError, False), (httpx.ReadTimeout, True)])
def test_what_never_left_through_it_is_released_and_what_may_have_is_held(
    kind: type[httpx.TransportError], is_held: bool, in_force: None, meter: Meter
) -> None:
    def fails(_request: httpx.Request) -> httpx.Response:
        raise kind("broken")

    http_client: Any = httpx.Client(transport=httpx.MockTransport(fails))
    client = openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=http_client, max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        client.responses.create(**ASK)
    assert bool(meter.ledger.totals().uncertain) == is_held
    assert not meter.ledger.totals().reserved


def test_what_else_is_sent_through_it_is_left_alone(
    in_force: None, meter: Meter, platform: FakePlatform
) -> None:
    arrived: list[httpx.Request] = []
    plain, _ = old_clients(platform)
    http_client: Any = plain._client
    answer = http_client._transport.handle_request

    def noted(request: httpx.Request) -> Any:
        arrived.append(request)
        return answer(request)

    http_client._transport.handle_request = noted
    asked_whole(plain)
    request = http_client.build_request("POST", f"{BASE_URL}/responses", json=ASK)
    assert http_client.send(request).json()["output"]
    assert arrived[-1] is request  # neither read nor copied
    meter.flush()
    assert meter.ledger.totals().calls == 1


# ---------------------------------------------------------------- what cannot be metered


@pytest.mark.parametrize("kind", [openai.AzureOpenAI, openai.AsyncAzureOpenAI])
def test_azure_is_refused_and_the_reason_is_told(kind: Any, in_force: None, platform: FakePlatform) -> None:
    own = httpx2.AsyncClient if kind is openai.AsyncAzureOpenAI else httpx2.Client
    client = kind(
        api_key="azure",
        azure_endpoint="http://azure.test",
        api_version="2026-01-01",
        http_client=own(transport=httpx2.MockTransport(platform)),
    )

    async def ask() -> None:
        await client.responses.create(**ASK)

    with pytest.raises(OtherProviderRefused, match=kind.__name__):
        asyncio.run(ask()) if kind is openai.AsyncAzureOpenAI else client.responses.create(**ASK)
    assert platform.requests == []


def test_every_websocket_is_refused(
    plain: openai.OpenAI, plain_async: openai.AsyncOpenAI, in_force: None, websockets: list[str]
) -> None:
    for client in (plain, plain_async):
        for door in dict(doors(client)).values():
            with pytest.raises(UnmeteredRoute):
                opened(door)
        with pytest.raises(UnmeteredRoute):
            client._prepare_url("wss://platform.test/v1/realtime")
    assert websockets == []


def test_whoever_reads_the_authentication_headers_is_told_of(
    plain: openai.OpenAI, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plain.auth_headers
    with plain_clients_metered(meter), pytest.warns(UnmeteredWarning):
        exec("client.auth_headers", {"__name__": "a_framework", "client": plain})
