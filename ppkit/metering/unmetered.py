"""Ways of spending that no meter sees, where ppkit can notice them: each is reported once, as a warning.

A warning does not stop the call. Whoever wants it stopped, before anything is sent, says so in Python's own
way: `warnings.simplefilter("error", ppkit.UnmeteredWarning)`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any

import httpx2

from ppkit.look.texts import Texts
from ppkit.metering.routes import route_of

MARK = "ppkit_meter"
"""The request extension by which a metered client marks the requests it sends."""
PASSAGES = "ppkit_passages"
"""The request extension in which a metered transport notes that the request came by."""

_OPENAI = "api.openai.com"
_CARRIERS = frozenset({"httpx2", "openai", "ppkit"})
_watched: set[str] = set()
_told: set[tuple[str, ...]] = set()


class UnmeteredWarning(UserWarning):
    """A call is made, or can be made, that neither the ledger nor a limit knows of."""


def forget() -> None:
    """Begin anew, as in a new process: no address is watched, nothing has been reported."""
    _watched.clear()
    _told.clear()


def watch_address(url: httpx2.URL) -> None:
    """Metered clients call here; what others spend at the same address is missing in the ledger."""
    _watched.add(url.netloc.decode())


def watch_plain_clients(*sdk_clients: type) -> None:
    """Look at what the SDK's own clients send, since a framework that drops ours makes one of them.

    Nothing is changed, held up or kept; a metered client's requests are known by their mark.
    """
    for sdk_client in sdk_clients:
        sdk_client._send_request = _watching(sdk_client._send_request)  # type: ignore[attr-defined]


def _watching(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def watched(client: Any, request: httpx2.Request, **options: Any) -> Any:
        if MARK not in request.extensions and not _has_metered_transport(client):
            tell_if_paid("plain_client", request)
        return send(client, request, **options)

    return watched


def _has_metered_transport(client: Any) -> Any:
    """Whether the request comes by a metered transport, which counts it, or says that it does not."""
    return getattr(getattr(client._client, "_transport", None), "tells_unmetered", False)


def tell_if_paid(way: str, request: httpx2.Request) -> None:
    """Tell of a request that nobody counts, if it costs money at an address where metered clients call."""
    url = request.url
    at_openai = url.host == _OPENAI or url.host.endswith("." + _OPENAI)
    watched = at_openai or url.netloc.decode() in _watched
    if watched and route_of(request.method, url.path) != "free":
        tell(way, host=url.host)


def tell_if_taken() -> None:
    """Called by a client whose key is read: tell it, unless the SDK, ppkit or a tool of Python reads it."""
    reader = _package(sys._getframe(2))
    if reader not in _CARRIERS and reader not in sys.stdlib_module_names:
        tell("key_taken")


def tell(way: str, **facts: str) -> None:
    """Warn, once for the same way and caller. Where warnings are errors it raises, every time."""
    frame, level = _caller()
    library = _package(frame)
    mark = (way, library, *facts.values())
    if mark not in _told:
        texts = Texts("en")
        named = texts("unmetered.own_code") if library == "__main__" else library
        warnings.warn(texts(f"unmetered.{way}", library=named, **facts), UnmeteredWarning, level)
        _told.add(mark)


def _caller() -> tuple[FrameType, int]:
    """The innermost frame that is neither ours nor the SDK's, and its level seen from `tell`."""
    frame, level = sys._getframe(2), 2
    while frame.f_back is not None and _package(frame) in _CARRIERS:
        frame, level = frame.f_back, level + 1
    return frame, level


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?")).partition(".")[0]
