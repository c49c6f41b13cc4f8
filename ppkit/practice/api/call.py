"""One request on the wire: who calls, what was asked, and the headers every answer carries."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect, Request

from ppkit.practice.api import errors
from ppkit.practice.api.parameters import Parameters, whole_number
from ppkit.practice.api.wire_state import WireState
from ppkit.practice.errors import refuse_keys
from ppkit.practice.rows import ApiKeyRow

LARGEST_BODY_BYTES = 16 * 2**20
MOST_BODY_BYTES = 64 * 2**20
"""Of all bodies that are arriving at the moment."""
BODY_SECONDS = 30
LARGEST_UPLOAD_BYTES = 50 * 2**20


@dataclass(slots=True)
class Call:
    """A request under way. `key` is there once the caller is known, `model` once it has been found."""

    request: Request
    state: WireState
    id: str
    key: ApiKeyRow | None = None
    organization_id: str = ""
    user_id: str = ""
    model: str = ""
    body_bytes: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def caller(self) -> ApiKeyRow:
        if self.key is None:
            raise errors.no_key()
        return self.key

    @property
    def project_id(self) -> str:
        return self.caller.project_id or ""

    async def raw_body(self) -> bytes:
        """The body, refused as soon as it grows too large or all bodies together do: memory has an end."""
        if (whole_number(self.request.headers.get("content-length", "")) or 0) > LARGEST_BODY_BYTES:
            raise errors.too_large()
        chunks, size = [], 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in self.request.stream():
                    size += len(chunk)
                    self.state.body_bytes += len(chunk)
                    if size > LARGEST_BODY_BYTES:
                        raise errors.too_large()
                    if self.state.body_bytes > MOST_BODY_BYTES:
                        raise errors.too_busy()
                    chunks.append(chunk)
        except (TimeoutError, ClientDisconnect) as error:
            raise errors.too_slow() from error
        finally:
            self.state.body_bytes -= size
        self.body_bytes = size
        return b"".join(chunks)

    async def parameters(self) -> Parameters:
        """The JSON object in the body. Raises ApiError 400 when it is none."""
        raw = await self.raw_body()
        try:
            body: Any = json.loads(raw or b"{}", parse_constant=_no_such_number)
            if b"\\u" in raw:  # half of a pair of surrogates is no text: nothing could send it back
                json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise errors.broken_json() from error
        if not isinstance(body, dict):
            raise errors.broken_json()
        if "/organization/" in self.request.url.path:  # names of projects, accounts and the like are kept
            refuse_keys(body)
        return Parameters(body)


def _no_such_number(name: str) -> float:
    raise ValueError(name)


def bearer(request: Request) -> str | None:
    """The secret in the Authorization header, None when there is none."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    return secret if scheme.lower() == "bearer" and secret else None
