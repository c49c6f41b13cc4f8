"""A learner's side of a class's practice host: asking for the platform, and finding it again."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ppkit.files import make_private_folder
from ppkit.practice_platform.address import Address, folder_of, offset_file_of, write_port_file
from ppkit.practice_platform.errors import PracticeHostRefused

HOST_VARIABLE = "PPKIT_PRACTICE_HOST"
"""Names the door of a class's host, such as http://127.0.0.1:8085; without it a platform is started here."""
TOKEN_VARIABLE = "JUPYTERHUB_API_TOKEN"  # noqa: S105  (the variable's name)
TIMEOUT_SECONDS = 20.0


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
    host = environment[HOST_VARIABLE]
    place = urlsplit(host)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=TIMEOUT_SECONDS)
    headers = {"Authorization": f"Bearer {environment.get(TOKEN_VARIABLE, '')}"}
    try:
        connection.request("POST", "/platform", headers=headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PracticeHostRefused(host=host, reason=type(error).__name__) from None
    finally:
        connection.close()
    if answer.status != 200:
        raise PracticeHostRefused(host=host, reason=str(answer.status))
    return {name: str(value) for name, value in told.items()}


def _share_clock(own: Path, hosts: Path) -> None:
    """The ledger reads the platform's hour in the learner's data folder; it is kept in the host's."""
    if own.is_symlink() and own.readlink() == hosts:
        return
    own.unlink(missing_ok=True)
    own.symlink_to(hosts)
