"""A few headers out of many, in one pass: asked for one by one they cost as much as all the rest."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from ppkit.keys import foreign_key_in
from ppkit.mode import Mode

AUTHORIZATION, API_KEY, CONTENT_TYPE = b"authorization", b"api-key", b"content-type"
CONTENT_ENCODING, CALL_ID = b"content-encoding", b"x-client-request-id"

_WANTED = frozenset({AUTHORIZATION, API_KEY, CONTENT_TYPE, CONTENT_ENCODING, CALL_ID})


def read_headers(headers: httpx2.Headers) -> Mapping[bytes, str]:
    """The headers named above that are there, by lower-case name."""
    return {name: value.decode("latin-1") for raw, value in headers.raw if (name := raw.lower()) in _WANTED}


def carries_foreign_key(headers: httpx2.Headers, mode: Mode) -> bool:
    """Whether any header holds a key that does not belong to the mode: each way of giving one ends there.

    Apart, so that no key stands in a frame of the traceback that follows.
    """
    for _, value in headers.raw:
        if b"sk-" in value and foreign_key_in(value.decode("latin-1"), mode) is not None:
            return True
    return False
