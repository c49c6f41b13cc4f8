"""A request of our own to the practice platform, by the way there is: over loopback, or in this process."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import urlsplit

from ppkit.errors import PpkitError
from ppkit.footing import footing
from ppkit.practice_platform.address import Address

TIMEOUT_SECONDS = 30.0


class PracticeNotAnswering(PpkitError):
    """The practice process went away, or answered something that is not ours. Facts: reason."""

    code = "practice_not_answering"


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """A complete answer."""

    status: int
    headers: Message
    body: bytes = field(repr=False)  # a page may show a key


def ask(
    address: Address,
    method: str,
    path: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> WireAnswer:
    """Ask the platform at this address. Raises PracticeNotAnswering."""
    asked = _ask_at_port if footing().has_ports else _ask_in_process
    try:
        return asked(address, method, path, body, headers or {})
    except (OSError, http.client.HTTPException) as error:
        raise PracticeNotAnswering(reason=type(error).__name__) from None


def _ask_at_port(
    address: Address, method: str, path: str, body: str | None, headers: Mapping[str, str]
) -> WireAnswer:
    place = urlsplit(address.base_url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return WireAnswer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def _ask_in_process(
    address: Address, method: str, path: str, body: str | None, headers: Mapping[str, str]
) -> WireAnswer:
    from ppkit.practice_platform.exchange import Asked, ExchangeBroken
    from ppkit.practice_platform.in_process import app_at
    from ppkit.practice_platform.in_process_transport import completed

    app = app_at(address)
    if app is None:
        raise ConnectionRefusedError
    sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    place = urlsplit(address.console_url)
    host = (b"host", place.netloc.encode("ascii"))
    url = f"{place.scheme}://{place.netloc}{path}"
    try:
        status, raw, content = completed(app, Asked(method, url, [host, *sent], (body or "").encode()))
    except ExchangeBroken:
        raise ConnectionResetError from None
    found = Message()
    for name, value in raw:
        found[name.decode("latin-1")] = value.decode("latin-1")
    return WireAnswer(status, found, content)
