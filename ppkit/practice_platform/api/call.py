"""One request on the wire: who calls, what was asked, and the headers every answer carries."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect, Request

from ppkit.practice_platform.api import error_answers
from ppkit.practice_platform.api.operations import sent_with
from ppkit.practice_platform.api.parameters import Parameters, whole_number
from ppkit.practice_platform.api.wire_state import WireState
from ppkit.practice_platform.errors import refuse_keys
from ppkit.practice_platform.rows import ApiKeyRow

LARGEST_BODY_BYTES = 16 * 2**20
MOST_BODY_BYTES = 64 * 2**20
"""Of all bodies that are arriving at the moment."""
BODY_SECONDS = 30
LARGEST_UPLOAD_BYTES = 50 * 2**20
JSON_TYPE = re.compile(r"\s*application/([a-z.+-]+\+)?json\s*(;|$)", re.IGNORECASE)


@dataclass(slots=True)
class ApiCall:
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
            raise error_answers.no_key()
        return self.key

    @property
    def path(self) -> str:
        """The path below /v1."""
        return str(self.request.scope["path"]).removeprefix(self.request.scope.get("root_path", ""))

    @property
    def project_id(self) -> str:
        return self.caller.project_id or ""

    def sent_elsewhere(self) -> frozenset[str]:
        """The names of the parameters that OpenAI's own API takes here."""
        return sent_with(self.request.method, self.path)

    async def raw_body(self) -> bytes:
        """The body, refused as soon as all bodies together grow too large: memory has an end."""
        chunks, size = [], 0
        try:
            async with aclosing(self.chunks(LARGEST_BODY_BYTES)) as arriving:
                async for chunk in arriving:
                    size += len(chunk)
                    self.state.body_bytes += len(chunk)
                    if self.state.body_bytes > MOST_BODY_BYTES:
                        raise error_answers.too_busy()
                    chunks.append(chunk)
        finally:
            self.state.body_bytes -= size
        return b"".join(chunks)

    async def chunks(self, most_bytes: int) -> AsyncGenerator[bytes]:
        """The body as it arrives, its length announced or not; `body_bytes` is what has arrived of it.

        Raises ApiError: 413 as soon as it is too large, 408 when it stops arriving.
        """
        if (whole_number(self.request.headers.get("content-length", "")) or 0) > most_bytes:
            raise error_answers.too_large()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in self.request.stream():
                    self.body_bytes += len(chunk)
                    if self.body_bytes > most_bytes:
                        raise error_answers.too_large()
                    yield chunk
        except (TimeoutError, ClientDisconnect) as error:
            raise error_answers.too_slow() from error

    async def parameters_named(self, *known: str) -> Parameters:
        """The same, with these names only. Raises ApiError 400 or 501."""
        parameters = await self.parameters()
        parameters.refuse_unknown(known)
        return parameters

    async def parameters(self) -> Parameters:
        """The JSON object in the body. Raises ApiError 400 when it is none."""
        raw = await self.raw_body()
        kind = self.request.headers.get("content-type", "")
        if raw and kind and not JSON_TYPE.match(kind):
            raise error_answers.unsupported_content_type(kind, "application/json")
        try:
            body: Any = json.loads(
                raw.decode("utf-8-sig") or "{}", parse_constant=_no_such_number, parse_float=_finite
            )
            if b"\\u" in raw:  # half of a pair of surrogates is no text: nothing could send it back
                json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise error_answers.broken_json() from error
        if not isinstance(body, dict):
            raise error_answers.broken_json()
        if "/organization/" in self.request.url.path:  # names of projects, accounts and the like are kept
            refuse_keys(body)
        return Parameters(body, self.sent_elsewhere)


def _no_such_number(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def bearer(request: Request) -> str | None:
    """The secret in the Authorization header, None when there is none."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    return secret if scheme.lower() == "bearer" and secret else None
