"""The linked key, lent to a program that brought none: it goes to the address it is for, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2

from ppkit.keys import ApiKey
from ppkit.metering.refusals import LentKeyElsewhere

_OPENAI = "api.openai.com"
_PORTS = {"https": 443, "http": 80}
_lent: list[tuple[ApiKey, str]] = []


@contextmanager
def key_lent(key: ApiKey, address: str) -> Iterator[None]:
    """Inside, no client of the SDK in this process sends this key to another host than the address's."""
    entry = key, address
    _lent.append(entry)
    try:
        yield
    finally:
        _lent.remove(entry)


def check_lent_key(request: Any) -> None:
    """Raises LentKeyElsewhere. The request may be one of the old `httpx` too."""
    url = str(request.url)
    for key, address in _lent:
        if not is_same_host(url, address) and _has(request, key):
            raise LentKeyElsewhere(httpx2.Request(request.method, url), host=urlsplit(url).hostname or "")


def is_same_host(url: str, address: str) -> bool:
    """Whether what is sent to the URL is sent to the address's host, encrypted as well as there.

    OpenAI's own hosts, one for each region, are one.
    """
    return _host(url) == _host(address)


def _host(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = _OPENAI if host.endswith("." + _OPENAI) else host
    return parts.scheme, shown, parts.port or _PORTS.get(parts.scheme)


def _has(request: Any, key: ApiKey) -> bool:
    # Apart, so that the secret stands in no frame of the refusal's traceback.
    return any(key.get_secret_value() in value for value in request.headers.values())
