"""Whose program is at the other end of a loopback connection.

A port of 127.0.0.1 is open to everybody on the machine. Linux lists every socket with the account that opened
it (proc(5), /proc/net/tcp; addresses there are hexadecimal, in the byte order of the machine).
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

if sys.platform != "win32":
    import pwd

SOCKETS = Path("/proc/net/tcp")
LOCAL, REMOTE, UID = 1, 2, 7  # columns


class OnlyFrom:
    """Answers these accounts of the system and nobody else's; everybody where the system does not tell.

    Raises KeyError for an account that does not exist.
    """

    def __init__(self, app: ASGIApp, accounts: Sequence[str]) -> None:
        self._app = app
        self._uids = {pwd.getpwnam(account).pw_uid for account in accounts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Looked up for each request: a port that one account has left may be another's by now.
        uid = uid_at(scope["client"], scope["server"]) if scope["type"] == "http" else None
        if uid is None or uid in self._uids:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("another account's practice platform\n", 403)(scope, receive, send)


def uid_at(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """The account that holds the client's end of a connection; None where the system does not tell."""
    if not SOCKETS.exists():
        return None
    wanted = [_written(client), _written(server)]
    for line in SOCKETS.read_text("ascii").splitlines()[1:]:
        columns = line.split()
        if [columns[LOCAL], columns[REMOTE]] == wanted:
            return int(columns[UID])
    return None


def _written(address: tuple[str, int]) -> str:
    """ "0100007F:1F90" for 127.0.0.1:8080 on a little-endian machine."""
    number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    return f"{number:08X}:{address[1]:04X}"
