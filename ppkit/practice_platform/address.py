"""Where the practice process can be reached: the port file, and whether what it says is still true."""

from __future__ import annotations

import http.client
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ppkit.files import write_private

PING_TIMEOUT_SECONDS = 3.0
DATABASE = "practice.sqlite3"
OFFSET_SUFFIX = ".offset"
TOKEN_HEADER = "x-ppkit-control-token"  # noqa: S105  (the header's name)


@dataclass(frozen=True, slots=True)
class Address:
    """`base_url` ends in /v1 and is what the SDK takes; the control token opens /control and is not shown."""

    base_url: str
    console_url: str
    control_token: str = field(repr=False)
    pid: int


def folder_of(home: Path) -> Path:
    """The practice platform's own folder in the data folder."""
    return home / "practice"


def offset_file_of(home: Path) -> Path:
    """Where the platform says how many seconds its clock runs ahead; missing before its first start."""
    return (folder_of(home) / DATABASE).with_suffix(OFFSET_SUFFIX)


def port_file_of(home: Path) -> Path:
    return folder_of(home) / "server.json"


def write_port_file(home: Path, address: Address) -> None:
    write_private(port_file_of(home), json.dumps(asdict(address)).encode())


def remove_port_file(home: Path, address: Address) -> None:
    """Only our own: a newer server may have written its address there."""
    if read_port_file(home) == address:
        port_file_of(home).unlink(missing_ok=True)


def read_port_file(home: Path) -> Address | None:
    """What the file says; None when it is missing or damaged."""
    try:
        found = json.loads(port_file_of(home).read_text("utf-8"))
        return Address(
            base_url=str(found["base_url"]),
            console_url=str(found["console_url"]),
            control_token=str(found["control_token"]),
            pid=int(found["pid"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember_port(home: Path, address: Address) -> None:
    """Keep the port for the next process: an open console tab or a printed link then goes on working."""
    _port_memory_of(home).write_text(f"{urlsplit(address.base_url).port}\n", "ascii")


def former_port(home: Path) -> int:
    """The port of the last process here; 0, which stands for any, when none is known."""
    try:
        port = int(_port_memory_of(home).read_text("ascii"))
    except (OSError, ValueError):
        return 0
    return port if 1024 <= port <= 65535 else 0


def _port_memory_of(home: Path) -> Path:
    return folder_of(home) / "port"


def answers(address: Address) -> bool:
    """Whether our server is there: something else on that port does not know the token."""
    if not _is_alive(address.pid):
        return False
    place = urlsplit(address.base_url)
    if place.hostname != "127.0.0.1" or not place.port:
        return False
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PING_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/control/ping", headers={TOKEN_HEADER: address.control_token})
        response = connection.getresponse()
        return response.status == 200 and json.loads(response.read(4096)) == {"practice": True}
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def find_running(home: Path) -> Address | None:
    """The running practice process of this data folder, None when there is none or it is about to end."""
    address = read_port_file(home)
    if address is None or not answers(address):
        return None
    # One that was told to end still answers for a moment; it takes its port file away first.
    return address if read_port_file(home) == address else None


def is_unchanged(home: Path, address: Address) -> bool:
    """Whether an address that answered once still holds: it stands in the port file, and its process runs.

    Nothing is sent; one that hangs shows in the call itself.
    """
    return _is_alive(address.pid) and read_port_file(home) == address


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # os.kill would end the process there; the ping decides
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it exists and belongs to somebody else
    return pid > 0
