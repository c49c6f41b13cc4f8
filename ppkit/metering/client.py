"""`OpenAI` and `AsyncOpenAI`: the SDK's own clients, with every request they send marked to be metered.

Everything works as in the SDK. Five things are added: the meter, which copies keep; which attempts belong to
one call; the refusal of websockets, which do not pass the HTTP transport and so cannot be metered; a warning
where money is seen to be spent past the meter (`unmetered`); and in practice mode the direct way to this
machine, past the proxies of the environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import wraps
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import httpx2
import openai

from ppkit.metering.meter import Meter
from ppkit.metering.refusals import UnmeteredRoute
from ppkit.metering.retries import Attempts
from ppkit.metering.transport import AsyncMeteredTransport, MeteredTransport
from ppkit.metering.unmetered import tell_if_paid, tell_if_taken, watch_address, watch_plain_clients
from ppkit.metering.wrapping import check_http_client, made_metered, wrap

if TYPE_CHECKING:
    # Private to the SDK, and only for the editor: the same names stand in the signatures of its own clients.
    from openai._data_residency import DataResidency
    from openai._provider import _Provider
    from openai._types import HttpxSendArgs
    from openai.auth import WorkloadIdentity, X509WorkloadIdentity

_WEBSOCKETS = frozenset({"ws", "wss"})


class CommonArguments(TypedDict, total=False):
    """What both SDK clients take; a test holds these lists against the SDK's own."""

    admin_api_key: str | None
    workload_identity: WorkloadIdentity | X509WorkloadIdentity | None
    organization: str | None
    project: str | None
    webhook_secret: str | None
    provider: _Provider | None
    base_url: str | httpx2.URL | openai.NotGiven | None
    data_residency: DataResidency | None
    websocket_base_url: str | httpx2.URL | None
    timeout: float | openai.Timeout | openai.NotGiven | None
    max_retries: int
    default_headers: Mapping[str, str] | None
    default_query: Mapping[str, object] | None
    _strict_response_validation: bool
    _enforce_credentials: bool


class Arguments(CommonArguments, total=False):
    """The arguments of `openai.OpenAI`."""

    api_key: str | Callable[[], str] | None
    http_client: httpx2.Client | None


class AsyncArguments(CommonArguments, total=False):
    """The arguments of `openai.AsyncOpenAI`."""

    api_key: str | Callable[[], Awaitable[str]] | None
    http_client: httpx2.AsyncClient | None


HOOKS = ("request", "_send_request", "_prepare_url", "_websocket_query_params")


def check_hooks(sdk_client: type) -> None:
    """Metering hangs on these methods of the SDK; without one of them calls would pass uncounted.

    Raises ImportError, so that an SDK which renames them stops ppkit instead of its counting.
    """
    missing = [name for name in HOOKS if not callable(getattr(sdk_client, name, None))]
    if missing:
        raise ImportError(f"openai {openai.__version__} cannot be metered: it has no {', '.join(missing)}")


check_hooks(openai.OpenAI)
check_hooks(openai.AsyncOpenAI)
watch_plain_clients(openai.OpenAI, openai.AsyncOpenAI)


class OpenAI(openai.OpenAI):
    """`openai.OpenAI`, metered. Takes the same arguments, and the meter.

    A caller's own `http_client` keeps its transports and proxies; what else it is used for is not metered,
    and reported where it costs money. The HTTP client that is made here meters whatever is sent through it.
    Raises TypeError for a client of the old `httpx` package, which the SDK would accept.
    """

    meter: Meter

    def __init__(self, *, meter: Meter, **sdk: Unpack[Arguments]) -> None:
        check_http_client(sdk.get("http_client"), httpx2.Client)
        ours = sdk.get("http_client") is None
        if ours and _stays_here(meter, sdk.get("base_url")):
            sdk["http_client"] = DirectClient(trust_env=False)
        super().__init__(**sdk)
        self.meter = meter
        watch_address(self.base_url)
        if ours:
            wrap(self._client, MeteredTransport, meter)

    def _send_request(
        self, request: httpx2.Request, *, stream: bool, **options: Unpack[HttpxSendArgs]
    ) -> httpx2.Response:
        passages = made_metered(request, self._client, MeteredTransport, self.meter)
        response = super()._send_request(request, stream=stream, **options)
        if not passages:  # an HTTP client with a `send` or a choice of transports of its own
            tell_if_paid("passed_by", request)
        return response

    @property
    def auth_headers(self) -> dict[str, str]:
        # The SDK's own requests do not ask here; who does, such as for a websocket, takes the key elsewhere.
        tell_if_taken()
        return super().auth_headers

    def _prepare_url(self, url: str) -> httpx2.URL:
        return no_websocket(self.meter, super()._prepare_url(url))

    def _websocket_query_params(self, url: httpx2.URL, extra_query: Any) -> httpx2.QueryParams:
        no_websocket(self.meter, url)
        return super()._websocket_query_params(url, extra_query)

    def __repr__(self) -> str:
        return _repr(self)

    if not TYPE_CHECKING:  # an editor shows the SDK's own signatures

        @wraps(openai.OpenAI.request)
        def request(self, *arguments, **options):
            try:
                with Attempts():
                    return super().request(*arguments, **options)
            finally:
                del arguments, options  # headers among them, which no traceback of ours shall hold

        @wraps(openai.OpenAI.copy)
        def copy(self, *, _extra_kwargs=None, **changes):
            return super().copy(**_changes_of(self, changes, _extra_kwargs))

        with_options = copy


class AsyncOpenAI(openai.AsyncOpenAI):
    """`openai.AsyncOpenAI`, metered. As `OpenAI`."""

    meter: Meter

    def __init__(self, *, meter: Meter, **sdk: Unpack[AsyncArguments]) -> None:
        check_http_client(sdk.get("http_client"), httpx2.AsyncClient)
        ours = sdk.get("http_client") is None
        if ours and _stays_here(meter, sdk.get("base_url")):
            sdk["http_client"] = AsyncDirectClient(trust_env=False)
        super().__init__(**sdk)
        self.meter = meter
        watch_address(self.base_url)
        if ours:
            wrap(self._client, AsyncMeteredTransport, meter)

    async def _send_request(
        self, request: httpx2.Request, *, stream: bool, **options: Unpack[HttpxSendArgs]
    ) -> httpx2.Response:
        passages = made_metered(request, self._client, AsyncMeteredTransport, self.meter)
        response = await super()._send_request(request, stream=stream, **options)
        if not passages:  # an HTTP client with a `send` or a choice of transports of its own
            tell_if_paid("passed_by", request)
        return response

    @property
    def auth_headers(self) -> dict[str, str]:
        # The SDK's own requests do not ask here; who does, such as for a websocket, takes the key elsewhere.
        tell_if_taken()
        return super().auth_headers

    def _prepare_url(self, url: str) -> httpx2.URL:
        return no_websocket(self.meter, super()._prepare_url(url))

    def _websocket_query_params(self, url: httpx2.URL, extra_query: Any) -> httpx2.QueryParams:
        no_websocket(self.meter, url)
        return super()._websocket_query_params(url, extra_query)

    def __repr__(self) -> str:
        return _repr(self)

    if not TYPE_CHECKING:

        @wraps(openai.AsyncOpenAI.request)
        async def request(self, *arguments, **options):
            try:
                with Attempts():
                    return await super().request(*arguments, **options)
            finally:
                del arguments, options

        @wraps(openai.AsyncOpenAI.copy)
        def copy(self, *, _extra_kwargs=None, **changes):
            return super().copy(**_changes_of(self, changes, _extra_kwargs))

        with_options = copy


def _changes_of(
    client: OpenAI | AsyncOpenAI, changes: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What a copy is made with: the meter too, and in practice the practice platform's address."""
    kept = dict(changes)
    if _stays_here(client.meter, client.base_url):
        kept.pop("data_residency", None)
    return {**kept, "_extra_kwargs": {"meter": client.meter, **(extra or {})}}


class DirectClient(openai.DefaultHttpxClient):
    """The SDK's own HTTP client; with `trust_env=False` it does without the proxies of the environment.

    Like the one the SDK makes itself, it closes when nobody holds it any more.
    """

    def __del__(self) -> None:
        if not self.is_closed:
            with suppress(Exception):
                self.close()


class AsyncDirectClient(openai.DefaultAsyncHttpxClient):
    """The same for asynchronous clients."""

    def __del__(self) -> None:
        if not self.is_closed:
            with suppress(Exception):
                asyncio.get_running_loop().create_task(self.aclose())


def metered_http_client(meter: Meter, base_url: str, timeout: httpx2.Timeout) -> httpx2.AsyncClient:
    """An HTTP client without the SDK, for what passes requests on: whatever is sent through it is metered.

    Proxies of the environment are used as by `AsyncOpenAI`. Cookies are not kept.
    """
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
    direct = _stays_here(meter, base_url)
    client = httpx2.AsyncClient(timeout=timeout, limits=limits, trust_env=not direct)
    wrap(client, AsyncMeteredTransport, meter)
    return client


def _stays_here(meter: Meter, base_url: object) -> bool:
    """Whether calls are for the practice platform: they must not leave this machine, not even for a proxy.

    Live mode goes through the proxies of the environment, as the SDK does.
    """
    if meter.mode != "practice" or not isinstance(base_url, str | httpx2.URL):
        return False
    host = httpx2.URL(base_url).host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def no_websocket(meter: Meter, url: httpx2.URL) -> httpx2.URL:
    """The address, unless it opens a websocket: what passes there is billed, and no transport sees it."""
    if url.scheme in _WEBSOCKETS and not meter.allow_unmetered:
        raise UnmeteredRoute(httpx2.Request("GET", url), route=url.path)
    return url


def _repr(client: openai.OpenAI | openai.AsyncOpenAI) -> str:
    meter: Meter = client.meter  # type: ignore[union-attr]  # both classes of this module have one
    key = meter.key_of(httpx2.Headers(client.auth_headers))
    return f"<metered {type(client).__name__} at {client.base_url.host}, key {key}>"
