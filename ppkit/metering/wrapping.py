"""What makes a client of the SDK a metered one: its transports are wrapped, its requests marked."""

from __future__ import annotations

from threading import Lock
from typing import Any

import httpx2

from ppkit.metering.meter import Meter
from ppkit.metering.unmetered import MARK, PASSAGES


def check_http_client(given: object, wanted: type) -> None:
    """Raises TypeError for a client of the old `httpx` package, which the SDK would accept."""
    if given is not None and not isinstance(given, wanted):
        kind = f"{type(given).__module__.partition('.')[0]}.{type(given).__qualname__}"
        raise TypeError(f"http_client must be an httpx2.{wanted.__name__} to be metered, not {kind}")


_wrapping = Lock()
CARRIER = "ppkit_carrier"
"""The request extension with the transport that sends it, where its client's own leads nowhere."""


def made_metered(
    request: httpx2.Request,
    client: Any,
    metered: Any,
    meter: Meter,
    *,
    carrier: Any = None,
    tells_unmetered: bool = True,
) -> list[bool]:
    """Mark a request that this HTTP client will send, and wrap its transports where need be.

    The list fills when the request comes by a metered transport. The transports are looked at before every
    request, so that no exchanged one goes unmetered.
    """
    wrap(client, metered, tells_unmetered=tells_unmetered)
    passages: list[bool] = []
    request.extensions[MARK] = meter
    request.extensions[PASSAGES] = passages
    if carrier is not None:
        request.extensions[CARRIER] = carrier
    return passages


def wrap(client: Any, metered: Any, meter: Meter | None = None, *, tells_unmetered: bool = True) -> None:
    """Put the metered transport around each transport of an HTTP client that has none yet.

    With a meter, whatever is sent through the HTTP client is metered, by whomever. `tells_unmetered`: whether
    the transport is to report what is spent through it by others.
    """
    mounts = client._mounts
    if type(client._transport) is metered and (
        not mounts or all(type(mount) is metered for mount in mounts.values())
    ):
        return
    with _wrapping:
        if type(client._transport) is not metered:
            client._transport = metered(client._transport, meter, tells_unmetered=tells_unmetered)
        for pattern, mount in client._mounts.items():
            if mount is None:  # "no proxy for this address": the client's own transport is used
                client._mounts[pattern] = client._transport
            elif type(mount) is not metered:
                client._mounts[pattern] = metered(mount, meter, tells_unmetered=tells_unmetered)
