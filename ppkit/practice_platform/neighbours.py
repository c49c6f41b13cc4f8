"""Whose program is at the other end of a connection within this machine, where the system tells.

A port of 127.0.0.1 is open to everybody on the machine. Linux names the account at the other end: of a socket
in the file system by SO_PEERCRED (unix(7)), of a port in its tables of sockets (proc(5): /proc/net/tcp, tcp6;
addresses there are hexadecimal, in words of the machine's byte order).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import sys
from pathlib import Path

from ppkit.practice_platform.connections import CarefulProtocol

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""A client of version 6 reaches a port of version 4 by ::ffff:127.0.0.1, and then stands in the second."""

LOCAL, REMOTE, UID = 1, 2, 7  # columns
ACCOUNT = "account"
CREDENTIALS = "3i"  # process, account, group


class AccountProtocol(CarefulProtocol):
    """On a socket in the file system: a request's `client` is (ACCOUNT, uid), or None where nobody tells."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        uid = uid_of_peer(transport.get_extra_info("socket"))
        self.client = None if uid is None else (ACCOUNT, uid)


def only_from(uid: int) -> type[CarefulProtocol]:
    """For a port: connections of other accounts' programs are cut before anything of them is read.

    Where the system has no tables of sockets, everybody on the machine is served.
    """

    class OneAccountsProtocol(CarefulProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            ends = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
            if TABLES[0].exists() and uid_at(*ends) != uid:
                transport.abort()

    return OneAccountsProtocol


def uid_of_peer(end: socket.socket) -> int | None:
    """The account at the other end of a socket in the file system; None where the system does not tell."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    told = end.getsockopt(socket.SOL_SOCKET, option, struct.calcsize(CREDENTIALS))
    return int(struct.unpack(CREDENTIALS, told)[1])


def uid_at(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """The account that holds the client's end of a connection between two addresses of version 4; None where
    none is found.
    """
    for table, written in zip(TABLES, (_version_4, _version_6), strict=True):
        wanted = [written(client), written(server)]
        for line in table.read_text("ascii").splitlines()[1:] if table.exists() else ():
            columns = line.split()
            if [columns[LOCAL], columns[REMOTE]] == wanted:
                return int(columns[UID])
    return None


def _version_4(address: tuple[str, int]) -> str:
    """ "0100007F:1F90" for 127.0.0.1:8080 on a little-endian machine."""
    return _words(ipaddress.IPv4Address(address[0]).packed, address[1])


def _version_6(address: tuple[str, int]) -> str:
    return _words(ipaddress.IPv6Address(f"::ffff:{address[0]}").packed, address[1])


def _words(packed: bytes, port: int) -> str:
    groups = (packed[start : start + 4] for start in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(group, sys.byteorder):08X}" for group in groups) + f":{port:04X}"
