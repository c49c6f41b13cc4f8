"""What stands in front of every console page: form tokens, size limits, strict headers.

The pages need no cookie (docs/decisions/0006-console-without-cookies.md): there is one learner per platform,
and a cookie would be lost whenever the console is framed by a page that counts as another site.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ppkit.practice_platform.database import Database

MOST_FORM_BYTES = 512 * 1024
MOST_FIELDS = 40
FORM_TOKEN = "console_form_token"  # noqa: S105  (the name of a note)
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


class FormRefused(Exception):
    """A form that does not come from our own page, or is none. `status` is the HTTP status to answer."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(status, reason)


class SecurityHeaders:
    """ASGI middleware: adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, send_guarded)


def form_token(database: Database) -> str:
    """The secret that our own forms carry. Kept with the data, so a restart does not spoil an open page."""
    token = database.note(FORM_TOKEN)
    if token is None:
        token = secrets.token_urlsafe(32)
        database.set_note(FORM_TOKEN, token)
    return token


async def read_form(request: Request, token: str) -> Mapping[str, str]:
    """The fields of a form that one of our own pages sent.

    Raises FormRefused: 403 (no token, a wrong one, sent by another site), 413 (too large), 415 (no form).
    """
    if not _sent_by_ourselves(request.headers):
        raise FormRefused(403, "another_site")
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise FormRefused(415, "not_a_form")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM_BYTES:
            raise FormRefused(413, "too_large")
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise FormRefused(400, "not_a_form") from error
    if not hmac.compare_digest(fields.pop("token", "").encode(), token.encode()):
        raise FormRefused(403, "token")
    return fields


def _sent_by_ourselves(headers: Headers) -> bool:
    """What the browser says about the sender; the token decides, this refuses what is plainly foreign."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
