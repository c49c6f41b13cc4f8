"""Why no answer came back: the chain of causes under a connection error, read from its deepest sign."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """One way to recognise a cause: a class, or a word in a class name, or words in a message.

    With both a name and words, the words must stand in the message of what bears the name.
    """

    diagnosis: str
    classes: tuple[type[BaseException], ...] = ()
    in_name: str | None = None
    words: tuple[str, ...] = ()

    def is_in(self, chain: list[BaseException]) -> bool:
        if self.in_name and self.words:
            chain = [link for link in chain if self.in_name in type(link).__name__]
        said = " ".join(str(link) for link in chain).lower()
        if self.in_name and self.words:
            return any(word in said for word in self.words)
        return (
            any(isinstance(link, self.classes) for link in chain)
            or (self.in_name is not None and any(self.in_name in type(link).__name__ for link in chain))
            or any(word in said for word in self.words)
        )


# The first sign found wins. The words are those of glibc, macOS and Windows for a name that does not resolve.
SIGNS: tuple[Sign, ...] = (
    Sign("connect_timed_out", in_name="ConnectTimeout"),
    Sign("timed_out", (TimeoutError,), in_name="Timeout"),
    Sign("proxy_wants_sign_in", in_name="ProxyError", words=("407 proxy",)),
    Sign("proxy_failed", in_name="ProxyError"),
    Sign("proxy_needs_socks", words=("using socks proxy",)),
    Sign("tls_failed", (ssl.SSLError,), words=("certificate",)),
    Sign(
        "name_not_found",
        (socket.gaierror,),
        words=("name or service not known", "name resolution", "nodename nor servname", "getaddrinfo failed"),
    ),
    Sign("no_network", words=("network is unreachable", "no route to host", "host is unreachable")),
    Sign("disk_full", words=("no space left on device", "disk quota exceeded")),
    Sign("refused_connection", (ConnectionRefusedError,), words=("connection refused",)),
    Sign("no_connection", (ConnectionError,), words=("server disconnected", "peer closed connection")),
    Sign("address_unusable", in_name="UnsupportedProtocol"),
    Sign("not_the_platform", in_name="RemoteProtocolError"),
    Sign("no_connection", in_name="Connect"),
)

# By OpenSSL's numbers for what a certificate was refused for.
CERTIFICATES = {
    9: "certificate_not_yet_valid",
    10: "certificate_expired",
    2: "certificate_not_trusted",
    18: "certificate_not_trusted",
    19: "certificate_not_trusted",
    20: "certificate_not_trusted",
    21: "certificate_not_trusted",
    62: "certificate_of_other_name",
    63: "certificate_of_other_name",
    64: "certificate_of_other_name",
}
NOT_SPOKEN = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}
)
ERRNOS = {
    errno.ENETUNREACH: "no_network",
    errno.EHOSTUNREACH: "no_network",
    errno.ENETDOWN: "no_network",
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
}


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it, outermost first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def transport_diagnosis(error: BaseException) -> str:
    """The diagnosis code for an exception without an answer; "failed_here" when nothing is recognised."""
    chain = list(causes_of(error))
    told = (_by_its_number(link) or _by_its_header(link) for link in reversed(chain))
    by_itself = next((code for code in told if code), None)
    return by_itself or next((sign.diagnosis for sign in SIGNS if sign.is_in(chain)), "failed_here")


def _by_its_number(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return CERTIFICATES.get(getattr(error, "verify_code", 0))
    if isinstance(error, ssl.SSLError):
        return "tls_not_spoken" if getattr(error, "reason", "") in NOT_SPOKEN else None
    return ERRNOS.get(error.errno or 0) if isinstance(error, OSError) else None


def _by_its_header(error: BaseException) -> str | None:
    """A header that cannot be sent: the key's, or another one. What is looked at here is reported nowhere."""
    if isinstance(error, UnicodeEncodeError):
        return "unusable_key" if str(error.object).lower().startswith("bearer") else "header_unsendable"
    if "illegal header" in str(error).lower():
        return "unusable_key" if "bearer" in str(error).lower() else "header_unsendable"
    return None
