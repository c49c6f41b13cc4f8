"""Which requests cost money, and which of those can be metered.

A base URL may carry any prefix (a proxy's, a deployment's), so the metered ones are known by the end of
their path, the free ones by what follows "/v1". A route that is not listed is taken for a paid one: a new
endpoint must be understood before it is let through.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Endpoint = Literal["responses", "chat", "embeddings", "images"]
Route = Literal["responses", "chat", "embeddings", "images", "free", "unmetered"]

_ENDINGS: tuple[tuple[str, Endpoint], ...] = (
    ("/chat/completions", "chat"),
    ("/responses", "responses"),
    ("/embeddings", "embeddings"),
    ("/images/generations", "images"),
    ("/images/edits", "images"),
)

METERED = frozenset(endpoint for _, endpoint in _ENDINGS)

# POSTs without a price of their own: descriptions, uploads, cancelling, counting, and the administration.
_ID = r"/[^/]+"
_FREE = re.compile(
    rf"""
    /moderations
    | /files | /uploads(?:{_ID}/(?:parts|complete|cancel))?
    | /responses/input_tokens
    | /chat/completions{_ID}
    | /conversations(?:{_ID}(?:/items)?)?
    | /(?:responses|batches|chatkit/sessions|evals{_ID}/runs|vector_stores{_ID}/file_batches){_ID}/cancel
    | /fine_tuning/jobs{_ID}/(?:cancel|pause)
    | /threads{_ID}/runs{_ID}/cancel
    | /(?:realtime/calls|live/sessions){_ID}/(?:hangup|reject)
    | /organization(?:/.*)?
    | /projects{_ID}/(?:(?:users|groups){_ID}/)?roles(?:{_ID})?
    | /webhook_endpoints(?:{_ID}(?:/(?:rotate_secret|test))?)?
    """,
    re.VERBOSE,
)
_TELLING = re.compile(rf"GET /(?:responses{_ID}|chat/completions(?:{_ID})?)|POST /responses{_ID}/cancel")
_PREFIX = re.compile(r".*/v\d+(?=/)")
_READING = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})


@lru_cache(maxsize=256)
def route_of(method: str, path: str) -> Route:
    """What a request is: an endpoint that is metered, "free", or "unmetered" (paid, and not understood here).

    `path` is without its query. Websockets do not come this way; see `client`.
    """
    if method in _READING:
        return "free"
    path = path.rstrip("/")
    if "/../" in path:  # written as %2e%2e; where it leads is for the server to say
        return "unmetered"
    if method == "POST":
        for ending, endpoint in _ENDINGS:
            if path.endswith(ending):
                return endpoint
    return "free" if _FREE.fullmatch(_PREFIX.sub("", path)) else "unmetered"


@lru_cache(maxsize=256)
def may_tell_a_cost(method: str, path: str) -> bool:
    """Whether the answer to a free request may say what an earlier call has cost: a response or a chat
    completion taken up again, or cancelled."""
    return _TELLING.fullmatch(f"{method} {_PREFIX.sub('', path.rstrip('/'))}") is not None
