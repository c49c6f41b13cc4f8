"""A ledger's address as a sentence may show it."""

from __future__ import annotations

from urllib.parse import urlsplit

SQLITE = "sqlite:///"


def shown_address(url: str) -> str:
    """The path of a file, or scheme, user, host, port and name of a database: no password, no parameters."""
    if url.startswith(SQLITE):
        return url.removeprefix(SQLITE)
    try:
        parts = urlsplit(url)
        user, _, place = parts.netloc.rpartition("@")
    except ValueError:  # brackets that enclose no address
        return url.partition(":")[0]
    shown = f"{user.partition(':')[0]}@{place}" if user else place
    return f"{parts.scheme}://{shown}{parts.path}"
