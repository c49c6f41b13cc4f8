"""The clients are the SDK's own: same arguments, same copies, nothing metered twice or not at all."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai
import pytest

from ppkit.metering import AsyncOpenAI, HardLimitReached, Meter, MeteredTransport, OpenAI, UnmeteredRoute
from ppkit.metering.client import Arguments, AsyncArguments, check_hooks
from ppkit.money import Money
from ppkit.spending.budget import Budget

from .callers import BASE_URL, KEY, Caller, SyncCaller
from .fake_platform import FakePlatform, error
from .test_outcomes import ASK


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(Arguments, openai.OpenAI), (AsyncArguments, openai.AsyncOpenAI)],
    ids=["sync", "async"],
)
def test_every_argument_of_the_sdk_is_typed(ours: type, theirs: type) -> None:
    wanted = set(inspect.signature(theirs.__init__).parameters) - {"self"}  # type: ignore[misc]
    assert set(ours.__annotations__) == wanted


@pytest.mark.parametrize(
    ("ours", "theirs"), [(OpenAI, openai.OpenAI), (AsyncOpenAI, openai.AsyncOpenAI)], ids=["sync", "async"]
)
def test_copies_take_what_the_sdks_copies_take(ours: Any, theirs: Any) -> None:
    assert inspect.signature(ours.copy) == inspect.signature(theirs.copy)
    assert ours.with_options is ours.copy


def test_a_copy_is_metered_by_the_same_meter(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    caller.client = caller.client.copy(timeout=5).with_options(max_retries=0, default_headers={"x-a": "b"})
    assert type(caller.client) in {OpenAI, AsyncOpenAI}
    caller.call("responses.create", **ASK)
    meter.flush()
    assert platform.requests[0].headers["x-a"] == "b"
    assert meter.ledger.totals().calls == 1


def test_a_copy_with_another_key_is_another_key_in_the_ledger(caller: Caller, meter: Meter) -> None:
    other = "sk-practice-" + "0" * 44 + "WXYZ"
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK)
        caller.client = caller.client.with_options(api_key=other)
        caller.call("responses.create", **ASK)
    meter.flush()
    keys = [meter.ledger.entry(receipt.call_id).call.key for receipt in receipts]
    assert keys == [f"…{KEY[-4:]}", "…WXYZ"]


def test_a_key_can_have_a_name(caller: Caller, meter: Meter) -> None:
    meter.key_names[f"…{KEY[-4:]}"] = "PostPickr-AI"
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK)
    meter.flush()
    assert meter.ledger.entry(receipts[0].call_id).call.key == "PostPickr-AI"


def test_a_short_key_is_not_shown_at_all(meter: Meter) -> None:
    assert meter.key_of(httpx2.Headers({"authorization": "Bearer secret"})) == "…"


def test_a_callers_http_client_is_wrapped_once(meter: Meter, platform: FakePlatform) -> None:
    transport, mount = httpx2.MockTransport(platform), httpx2.MockTransport(platform)
    mounts = {"http://platform.test": mount, "http://elsewhere.test": None}
    http_client = httpx2.Client(transport=transport, mounts=mounts)
    first = OpenAI(meter=meter, api_key=KEY, base_url=BASE_URL, http_client=http_client)
    second = OpenAI(meter=meter, api_key=KEY, base_url=BASE_URL, http_client=http_client).with_options()
    for client in (first, second):
        client.responses.create(**ASK)
    meter.flush()
    wrapped: list[Any] = [http_client._transport, *http_client._mounts.values()]
    assert {type(each) for each in wrapped} == {MeteredTransport}
    assert {type(each.inner) for each in wrapped} == {httpx2.MockTransport}
    assert meter.ledger.totals().calls == len(platform.requests) == 2


def test_only_a_metered_clients_requests_are_metered(meter: Meter, platform: FakePlatform) -> None:
    http_client = httpx2.Client(transport=httpx2.MockTransport(platform))
    OpenAI(meter=meter, api_key=KEY, base_url=BASE_URL, http_client=http_client).models.list()
    http_client.post("http://somewhere.test/responses", json={})
    assert meter.ledger.totals().calls == 0


def test_two_meters_can_share_an_http_client(meter: Meter, platform: FakePlatform, budget: Budget) -> None:
    budget.set(hard="0.0001")
    free = Meter(meter.ledger, meter.catalogue, meter.clock, key_names={}, allow_unmetered=True)
    http_client = httpx2.Client(transport=httpx2.MockTransport(platform))
    strict = OpenAI(meter=meter, api_key=KEY, base_url=BASE_URL, http_client=http_client)
    lenient = OpenAI(meter=free, api_key=KEY, base_url=BASE_URL, http_client=http_client)
    with pytest.raises(UnmeteredRoute):
        strict.batches.create(**BATCH)
    lenient.batches.create(**BATCH)
    assert len(platform.requests) == 1


BATCH: Any = {"completion_window": "24h", "endpoint": "/v1/responses", "input_file_id": "file_1"}


def test_an_exchanged_transport_is_metered_too(meter: Meter, platform: FakePlatform, budget: Budget) -> None:
    budget.set(hard="0.0001")
    caller = SyncCaller(meter, platform)
    caller.client._client._transport = httpx2.MockTransport(platform)
    with pytest.raises(HardLimitReached):
        caller.call("responses.create", **ASK)
    assert platform.requests == []


@pytest.mark.parametrize(
    ("client_class", "http_client"),
    [(OpenAI, httpx.Client), (AsyncOpenAI, httpx.AsyncClient), (OpenAI, httpx2.AsyncClient)],
)
def test_an_http_client_of_another_kind_is_refused(
    meter: Meter, client_class: Any, http_client: Callable[[], Any]
) -> None:
    with pytest.raises(TypeError, match=r"must be an httpx2\.(Async)?Client"):
        client_class(meter=meter, api_key=KEY, http_client=http_client())


def test_a_transport_of_its_own_meters_any_client(meter: Meter, platform: FakePlatform) -> None:
    transport = MeteredTransport(httpx2.MockTransport(platform), meter)
    client = openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=httpx2.Client(transport=transport))
    client.responses.create(**ASK)
    meter.flush()
    assert meter.ledger.totals().spent == Money(platform.billed_pico_usd)


def test_what_is_shown_of_a_client_holds_no_secret(caller: Caller) -> None:
    shown = repr(caller.client)
    assert KEY not in shown
    assert "platform.test" in shown
    assert KEY[-4:] in shown


# ---------------------------------------------------------------- websockets


def doors(resource: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every `connect` below a client, found by walking its resources."""
    for name in dir(type(resource)):
        if name.startswith("_") or name.startswith("with_"):
            continue
        member = inspect.getattr_static(type(resource), name)
        if name == "connect":
            yield f"{path}.{name}", resource.connect
        elif "property" in type(member).__name__ and name != "auth_headers":  # whose readers are reported
            child = getattr(resource, name)
            if type(child).__module__.startswith("openai.resources"):
                yield from doors(child, f"{path}.{name}")


def opened(door: Any) -> None:
    wanted = inspect.signature(door).parameters.values()
    required = {each.name: "x" for each in wanted if each.default is inspect.Parameter.empty}
    manager = door(**required)
    if hasattr(manager, "__aenter__"):

        async def enter() -> None:
            await manager.__aenter__()

        asyncio.run(enter())
    else:
        manager.__enter__()


def test_every_websocket_is_refused(caller: Caller, websockets: list[str]) -> None:
    found = dict(doors(caller.client))
    assert {".realtime.connect", ".responses.connect", ".beta.realtime.connect", ".live.connect"} <= set(
        found
    )
    for door in found.values():
        with pytest.raises(UnmeteredRoute):
            opened(door)
    assert websockets == []


def test_a_websocket_can_be_allowed(caller: Caller, meter: Meter, websockets: list[str]) -> None:
    meter.allow_unmetered = True
    with pytest.raises(Exception, match=r"^$"):
        opened(caller.client.responses.connect)
    assert len(websockets) == 1


# ---------------------------------------------------------------- secrets


def test_the_key_is_nowhere_but_on_the_wire(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    budget: Budget,
    ledger_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    caught: list[openai.APIError] = []
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK)
        caller.stream("responses.create", take=1, **ASK)
        platform.answer_with(error(401), error(500))
        budget.set(hard="0.0000001")
        for arguments in (ASK, ASK | {"model": "unknown"}, ASK | {"tools": [{"type": "web_search"}]}):
            with pytest.raises(openai.APIError) as refused:
                caller.call("responses.create", **arguments)
            caught.append(refused.value)
        with pytest.raises(openai.APIError) as refused:
            caller.call("batches.create", **BATCH)
        caught.append(refused.value)
    meter.flush()
    shown = [repr(receipts), caplog.text, *(repr(vars(each)) + str(each) + repr(each) for each in caught)]
    shown += [repr(vars(each.request)) + repr(vars(each.request.headers)) for each in caught]
    stored = b"".join(path.read_bytes() for path in ledger_path.parent.glob("ledger*"))
    assert platform.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert not any("CANARY" in text for text in shown)
    assert b"CANARYCANARY" not in stored


def test_an_sdk_without_the_methods_that_metering_hangs_on_is_refused_at_import() -> None:
    class Renamed:
        _prepare_url = _websocket_query_params = len

    with pytest.raises(ImportError, match="_send_request"):
        check_hooks(Renamed)


def test_what_is_free_does_without_the_ledger(
    caller: Caller, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise AssertionError("the ledger was asked")

    for name in ("read", "write"):
        monkeypatch.setattr(meter.ledger.store, name, unreachable)
    caller.call("models.list")
    assert KEY[-4:] in repr(caller.client)
    with pytest.raises((AssertionError, openai.APIConnectionError)):
        caller.call("responses.create", **ASK)
