"""The mail server of PPKIT_SMTP_URL: checked when the settings are read, used when an alert is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from ppkit.errors import InvalidSettings

DEFAULT_PORTS = {"smtp": 587, "smtps": 465}


class InvalidMailUrl(InvalidSettings):
    """PPKIT_SMTP_URL cannot be understood. Facts: none, for the URL may hold a password."""

    code = "invalid_mail_url"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails leave. `implicit_tls` encrypts from the first byte; otherwise STARTTLS does."""

    host: str
    port: int
    sender: str
    implicit_tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """From `smtp[s]://user:password@host:port?from=…`; user, password and port may be left out.

        Raises InvalidMailUrl, whose text never repeats the URL.
        """
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname
        except ValueError:
            raise InvalidMailUrl from None  # the cause's own text would quote the URL
        sender = parse_qs(parts.query).get("from", [""])[0] or unquote(parts.username or "")
        if parts.scheme not in DEFAULT_PORTS or not host or "@" not in sender or not sender.isprintable():
            raise InvalidMailUrl
        return cls(
            host=host,
            port=port or DEFAULT_PORTS[parts.scheme],
            sender=sender,
            implicit_tls=parts.scheme == "smtps",
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )
