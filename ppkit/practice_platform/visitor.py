"""A visitor without a browser: pages of the practice console, fetched over loopback for the user."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import urldefrag, urljoin, urlsplit

from ppkit.practice_platform.address import Address
from ppkit.practice_platform.asking import PracticeNotAnswering, ask

MOST_REDIRECTIONS = 5
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `address` is where it was found in the end, such as "api-keys?done=key_revoked"."""

    address: str
    media_type: str
    body: bytes = field(repr=False)  # a page may show a key
    file_name: str = ""  # of what is to be kept, such as an invoice; empty for a page


def visit(platform: Address, address: str, form: str | None = None) -> Answer:
    """The page at an address of the console, or the answer to a form (url-encoded) sent there.

    Raises PracticeNotAnswering.
    """
    path = _path_of(address)
    for _ in range(MOST_REDIRECTIONS):
        page = urldefrag(path).url
        if form is None:
            answer = ask(platform, "GET", page)
        else:
            answer = ask(platform, "POST", page, form, {"content-type": FORM})
        if not 300 <= answer.status < 400:
            return Answer(path.lstrip("/"), *_described(answer.headers, answer.body))
        path, form = _path_of(urljoin(path, answer.headers["location"])), None
    raise PracticeNotAnswering(reason="too many redirections")


def _path_of(address: str) -> str:
    """Below the console's own root, whatever else the address may say."""
    parts = urlsplit(address)
    return "/" + parts._replace(scheme="", netloc="").geturl().lstrip("/")


def _described(headers: Message, body: bytes) -> tuple[str, bytes, str]:
    kept = headers.get_content_disposition() == "attachment"
    return headers.get_content_type(), body, (headers.get_filename() or "") if kept else ""
