"""Why no answer came back: the chain of causes under a connection error, read from its deepest sign."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """One way to recognise a cause: a class, a word in a class name, or words in a message."""

    diagnosis: str
    classes: tuple[type[BaseException], ...] = ()
    in_name: str | None = None
    words: tuple[str, ...] = ()

    def is_in(self, chain: list[BaseException]) -> bool:
        said = " ".join(str(link) for link in chain).lower()
        return (
            any(isinstance(link, self.classes) for link in chain)
            or (self.in_name is not None and any(self.in_name in type(link).__name__ for link in chain))
            or any(word in said for word in self.words)
        )


# The first sign found wins. The words are those of glibc, macOS and Windows for a name that does not resolve.
SIGNS: tuple[Sign, ...] = (
    Sign("unusable_key", (UnicodeEncodeError,), words=("illegal header value",)),
    Sign("timed_out", (TimeoutError,), in_name="Timeout"),
    Sign("proxy_failed", in_name="ProxyError"),
    Sign("tls_failed", (ssl.SSLError,), words=("certificate",)),
    Sign(
        "name_not_found",
        (socket.gaierror,),
        words=("name or service not known", "name resolution", "nodename nor servname", "getaddrinfo failed"),
    ),
    Sign("refused_connection", (ConnectionRefusedError,), words=("connection refused",)),
    Sign("no_connection", (ConnectionError,), words=("server disconnected", "peer closed connection")),
    Sign("not_the_platform", in_name="RemoteProtocolError"),
    Sign("no_connection", in_name="Connect"),
)


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it, outermost first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def transport_diagnosis(error: BaseException) -> str:
    """The diagnosis code for an exception without an answer; "unexpected" when nothing is recognised."""
    chain = list(causes_of(error))
    return next((sign.diagnosis for sign in SIGNS if sign.is_in(chain)), "unexpected")
