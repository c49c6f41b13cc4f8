"""A learner's side of a class's practice host: asking for the platform, and finding it again."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path

from ppkit.files import make_private_folder
from ppkit.practice_platform.address import Address, folder_of, offset_file_of, write_port_file
from ppkit.practice_platform.errors import PracticeHostRefused

HOST_VARIABLE = "PPKIT_PRACTICE_HOST"
"""Names the folder of a class's host; without it a platform is started here."""
NAME_VARIABLE = "JUPYTERHUB_USER"
DOOR = "door.sock"
LEARNER_HEADER = "x-ppkit-learner"
TIMEOUT_SECONDS = 20.0


class _DoorConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


def join(home: Path, environment: Mapping[str, str]) -> Address:
    """The platform that the class's host keeps for this learner, noted in the data folder like one's own.

    Raises PracticeHostRefused.
    """
    told = _asked(environment)
    address = Address(told["base_url"], told["console_url"], told["control_token"], int(told["pid"]))
    make_private_folder(folder_of(home))
    _share_clock(offset_file_of(home), Path(told["clock_file"]))
    write_port_file(home, address)
    return address


def _asked(environment: Mapping[str, str]) -> dict[str, str]:
    host = Path(environment[HOST_VARIABLE])
    connection = _DoorConnection(host / DOOR)
    headers = {LEARNER_HEADER: environment.get(NAME_VARIABLE, "")}
    try:
        connection.request("POST", "/platform", headers=headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PracticeHostRefused(host=str(host), reason=type(error).__name__) from None
    finally:
        connection.close()
    if answer.status != 200:
        raise PracticeHostRefused(host=str(host), reason=str(answer.status))
    return {name: str(value) for name, value in told.items()}


def _share_clock(own: Path, hosts: Path) -> None:
    """The ledger reads the platform's hour in the learner's data folder; it is kept in the host's."""
    if own.is_symlink() and own.readlink() == hosts:
        return
    own.unlink(missing_ok=True)
    own.symlink_to(hosts)
