"""A few headers out of many, in one pass: asked for one by one they cost as much as all the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import httpx2

from ppkit.keys import foreign_key_in
from ppkit.keys.masking import masked_end
from ppkit.mode import Mode

AUTHORIZATION, API_KEY, CONTENT_TYPE = b"authorization", b"api-key", b"content-type"
CONTENT_ENCODING, CALL_ID = b"content-encoding", b"x-client-request-id"

_KEYS = frozenset({AUTHORIZATION, API_KEY})
_OF_AN_ANSWER = frozenset({CONTENT_TYPE, CONTENT_ENCODING})
_MOST_REMEMBERED = 256


class RequestHeaders(NamedTuple):
    """What matters in a request's headers, without the secret. `key` shows at most its end ("…WXYZ")."""

    key: str
    fingerprint: str
    content_type: str
    has_call_id: bool
    has_foreign_key: bool
    """Whether any header holds a key of the other mode: each way of giving one ends there."""


@dataclass(slots=True)
class _SeenKey:
    shown: str
    is_foreign: bool
    fingerprint: str | None
    """None as long as nobody has asked for it."""


class HeaderReader:
    """Reads the headers of the requests of one meter.

    A key is looked at once, and not kept: what was found is remembered under a digest that nobody else can
    make.
    """

    def __init__(self, fingerprint_of: Callable[[str], str]) -> None:
        """`fingerprint_of` is the ledger's, which may ask its database the first time."""
        self._fingerprint_of = fingerprint_of
        self._salt = os.urandom(16)
        self._seen: dict[tuple[bytes, Mode | None], _SeenKey] = {}

    def read(self, headers: httpx2.Headers, mode: Mode | None, *, identified: bool = False) -> RequestHeaders:
        """Look through a request's headers in this mode; without a mode no key is foreign.

        The ledger is asked for the fingerprint only where the key is to be `identified`.
        """
        keys: dict[bytes, bytes] = {}
        content_type, has_call_id, has_foreign_key = b"", False, False
        for raw, value in headers.raw:
            name = raw.lower()
            if name in _KEYS:
                keys[name] = value
            elif name == CONTENT_TYPE:
                content_type = value
            elif name == CALL_ID:
                has_call_id = True
            if b"sk-" in value and self._look_at(value, mode).is_foreign:
                has_foreign_key = True
        given = keys.get(AUTHORIZATION, b"")
        if not given.rpartition(b" ")[2]:
            given = keys.get(API_KEY, b"")
        key = self._look_at(given, mode)
        if identified and key.fingerprint is None and not has_foreign_key:
            key.fingerprint = self._fingerprint_of(given.decode("latin-1").rpartition(" ")[2])
        shown, fingerprint = key.shown, key.fingerprint or ""
        return RequestHeaders(
            shown, fingerprint, content_type.decode("latin-1"), has_call_id, has_foreign_key
        )

    def _look_at(self, value: bytes, mode: Mode | None) -> _SeenKey:
        known_as = sha256(self._salt + value).digest(), mode
        seen = self._seen.get(known_as)
        if seen is None:
            if len(self._seen) >= _MOST_REMEMBERED:
                self._seen.clear()
            text = value.decode("latin-1")
            secret = text.rpartition(" ")[2]
            is_foreign = mode is not None and foreign_key_in(text, mode) is not None
            seen = _SeenKey(masked_end(secret), is_foreign, None if secret else "")
            self._seen[known_as] = seen
        return seen


def read_answer_headers(headers: httpx2.Headers) -> Mapping[bytes, str]:
    """Content type and encoding of an answer, where they are given, by lower-case name."""
    return {
        name: value.decode("latin-1") for raw, value in headers.raw if (name := raw.lower()) in _OF_AN_ANSWER
    }
