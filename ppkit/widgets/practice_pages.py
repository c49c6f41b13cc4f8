"""Where the user's browser finds the practice platform's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ppkit.sessions import Session


def practice_port(session: Session) -> int | None:
    """The port on this machine, for links that the page itself turns into the hub's form; None when live.

    Starts the platform when it is not running, so it may take a second.
    """
    if session.mode == "live":
        return None
    return urlsplit(session.practice_link.address().console_url).port
