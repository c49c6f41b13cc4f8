"""Whether a failure was reported by the API itself, and not by something in between."""

from __future__ import annotations

import httpx2

from ppkit.metering.jsontext import parsed

_OWN_HOST = "api.openai.com"
_OWN_PREFIX = b"openai-"
_OWN_HEADERS = frozenset({b"x-should-retry"})


def is_told_by_the_platform(request: httpx2.Request, response: httpx2.Response) -> bool:
    """True for an error in the API's envelope that bears its headers, or comes from its own address.

    A gateway in between may write the same envelope about a call that the platform has answered. The response
    has been read.
    """
    return (_is_from_its_address(request) or _has_its_headers(response)) and _is_envelope(response.content)


def _is_from_its_address(request: httpx2.Request) -> bool:
    host = request.url.host
    return host == _OWN_HOST or host.endswith(f".{_OWN_HOST}")


def _has_its_headers(response: httpx2.Response) -> bool:
    for raw, value in response.headers.raw:
        name = raw.lower()
        if name.startswith(_OWN_PREFIX) or name in _OWN_HEADERS:
            return True
        if name == b"x-request-id" and value.startswith(b"req_"):
            return True
    return False


def _is_envelope(content: bytes) -> bool:
    try:
        body = parsed(content)
    except (ValueError, RecursionError):
        return False
    error = body.get("error") if isinstance(body, dict) else None
    return isinstance(error, dict) and isinstance(error.get("message"), str)
