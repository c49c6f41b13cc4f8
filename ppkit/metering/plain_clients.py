"""The SDK's own clients, metered while a meter is in force, for programs that know nothing of ppkit.

What the classes of the SDK send is looked at when it is sent, not when a client is made. So it does not
matter who made the client, and when; its class, its copies and its HTTP client stay what they are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any

import httpx2
import openai

from ppkit.metering.client import AsyncOpenAI, OpenAI, no_websocket
from ppkit.metering.lent_key import check_lent_key
from ppkit.metering.meter import Meter
from ppkit.metering.refusals import OtherProviderRefused
from ppkit.metering.retries import Attempts
from ppkit.metering.transport import AsyncMeteredTransport, MeteredTransport
from ppkit.metering.unmetered import tell_if_paid, tell_if_taken, watch_address
from ppkit.metering.wrapping import made_metered

_OTHER_PROVIDERS = (
    openai.AzureOpenAI,
    openai.AsyncAzureOpenAI,
    openai.BedrockOpenAI,
    openai.AsyncBedrockOpenAI,
)


@dataclass(frozen=True, slots=True, eq=False)
class _InForce:
    """A meter, and the HTTP clients that carry what a plain client sends; None where it sends by itself."""

    meter: Meter
    http_client: httpx2.Client | None
    async_http_client: httpx2.AsyncClient | None


_in_force: list[_InForce] = []


@contextmanager
def plain_clients_metered(
    meter: Meter,
    http_client: httpx2.Client | None = None,
    async_http_client: httpx2.AsyncClient | None = None,
) -> Iterator[None]:
    """Inside, every client of the SDK in this process reserves by `meter` before it sends, and settles after.

    In all threads, and in processes forked meanwhile. A client of ours keeps its own meter. Refused are
    Azure and Bedrock (OtherProviderRefused), and websockets (UnmeteredRoute). Blocks nest: the inner meter
    counts. The HTTP clients carry all requests, where what a client made for itself would lead nowhere.
    """
    _patch_the_sdk()
    block = _InForce(meter, http_client, async_http_client)
    _in_force.append(block)
    try:
        yield
    finally:
        _in_force.remove(block)  # blocks that overlap need not end in the order in which they began


def _in_force_for(client: Any) -> _InForce | None:
    """What is in force for a client; None where there is nothing, or the client is one of ours."""
    return _in_force[-1] if _in_force and not isinstance(client, OpenAI | AsyncOpenAI) else None


def _meter_for(client: Any) -> Meter | None:
    found = _in_force_for(client)
    return None if found is None else found.meter


def _carrier(http_client: httpx2.Client | httpx2.AsyncClient | None) -> Any:
    return None if http_client is None else http_client._transport


@cache
def _patch_the_sdk() -> None:
    """Once: while no meter is in force, the methods do what they did."""
    for sdk_client in (openai.OpenAI, openai.AsyncOpenAI):
        of_class: Any = sdk_client
        of_class._prepare_url = _without_websockets(of_class._prepare_url)
        of_class._websocket_query_params = _refusing_websockets(of_class._websocket_query_params)
        of_class.auth_headers = property(_telling(of_class.auth_headers.fget))
    plain: Any = openai.OpenAI
    plain.request, plain._send_request = _as_one_call(plain.request), _metered(plain._send_request)
    plain = openai.AsyncOpenAI
    plain.request, plain._send_request = (
        _as_one_async_call(plain.request),
        _async_metered(plain._send_request),
    )


def _metered(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def sent(client: Any, request: httpx2.Request, **options: Any) -> Any:
        check_lent_key(request)
        here = _in_force_for(client)
        if here is None:
            return send(client, request, **options)
        _check(client, request, here.meter)
        transport = (
            MeteredTransport if isinstance(client._client, httpx2.Client) else _old("OldMeteredTransport")
        )
        carrier = _carrier(here.http_client)
        passages = made_metered(
            request, client._client, transport, here.meter, carrier=carrier, tells_unmetered=False
        )
        response = send(client, request, **options)
        if not passages:
            tell_if_paid("passed_by", request)
        return response

    return sent


def _async_metered(send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(send)
    async def sent(client: Any, request: httpx2.Request, **options: Any) -> Any:
        check_lent_key(request)
        here = _in_force_for(client)
        if here is None:
            return await send(client, request, **options)
        _check(client, request, here.meter)
        is_new = isinstance(client._client, httpx2.AsyncClient)
        transport = AsyncMeteredTransport if is_new else _old("AsyncOldMeteredTransport")
        carrier = _carrier(here.async_http_client)
        passages = made_metered(
            request, client._client, transport, here.meter, carrier=carrier, tells_unmetered=False
        )
        response = await send(client, request, **options)
        if not passages:
            tell_if_paid("passed_by", request)
        return response

    return sent


def _check(client: Any, request: Any, meter: Meter) -> None:
    """Raises OtherProviderRefused."""
    if not meter.allow_unmetered and (
        isinstance(client, _OTHER_PROVIDERS) or getattr(client, "_provider", None) is not None
    ):
        shown = httpx2.Request(
            request.method, str(request.url)
        )  # that of an old HTTP client is of another kind
        raise OtherProviderRefused(shown, client=type(client).__name__)
    watch_address(client.base_url)


def _old(name: str) -> Any:
    """A metered transport for the old `httpx`, which the SDK takes too where it is installed."""
    from ppkit.metering import old_http_clients  # lazy: it need not be installed

    return getattr(old_http_clients, name)


def _as_one_call(request: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(request)
    def asked(client: Any, *arguments: Any, **options: Any) -> Any:
        try:
            if _meter_for(client) is None:
                return request(client, *arguments, **options)
            with Attempts():
                return request(client, *arguments, **options)
        finally:
            del arguments, options  # headers among them, which no traceback of ours shall hold

    return asked


def _as_one_async_call(request: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(request)
    async def asked(client: Any, *arguments: Any, **options: Any) -> Any:
        try:
            if _meter_for(client) is None:
                return await request(client, *arguments, **options)
            with Attempts():
                return await request(client, *arguments, **options)
        finally:
            del arguments, options

    return asked


def _without_websockets(prepare_url: Callable[..., httpx2.URL]) -> Callable[..., httpx2.URL]:
    @wraps(prepare_url)
    def prepared(client: Any, url: str) -> httpx2.URL:
        meter = _meter_for(client)
        found = prepare_url(client, url)
        return found if meter is None else no_websocket(meter, found)

    return prepared


def _refusing_websockets(query_of: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(query_of)
    def query(client: Any, url: httpx2.URL, extra_query: Any) -> Any:
        meter = _meter_for(client)
        if meter is not None:
            no_websocket(meter, url)
        return query_of(client, url, extra_query)

    return query


def _telling(headers_of: Callable[[Any], dict[str, str]]) -> Callable[[Any], dict[str, str]]:
    @wraps(headers_of)
    def headers(client: Any) -> dict[str, str]:
        if _meter_for(client) is not None:
            tell_if_taken()
        return headers_of(client)

    return headers
