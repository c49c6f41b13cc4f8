"""The control room from outside: what the command line and a session ask of a running practice platform."""

from __future__ import annotations

import http.client
import json
from typing import Any, cast
from urllib.parse import urlsplit

from ppkit.errors import PpkitError
from ppkit.practice_platform.address import TOKEN_HEADER, Address

TIMEOUT_SECONDS = 30.0


class PracticeNotAnswering(PpkitError):
    """The practice process went away, or answered something that is not ours. Facts: reason."""

    code = "practice_not_answering"


class PracticeRefused(PpkitError):
    """The control room said no; `code` is the platform's own, and so are the facts."""

    def __init__(self, code: str, facts: dict[str, object]) -> None:
        super().__init__(**facts)
        self.code = code  # type: ignore[misc]  # one class for every refusal that comes over the wire


class Control:
    """One running practice platform."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def get(self, path: str) -> dict[str, Any]:
        """Raises PracticeNotAnswering and PracticeRefused, like `post`."""
        return self._call("GET", path, None)

    def post(self, path: str, **body: object) -> dict[str, Any]:
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict[str, object] | None) -> dict[str, Any]:
        place = urlsplit(self._address.base_url)
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=TIMEOUT_SECONDS)
        headers = {TOKEN_HEADER: self._address.control_token, "content-type": "application/json"}
        try:
            connection.request(method, f"/control/{path}", json.dumps(body) if body else None, headers)
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PracticeNotAnswering(reason=type(error).__name__) from None
        finally:
            connection.close()
        if "error" in answer:
            raise PracticeRefused(str(answer["error"]["code"]), dict(answer["error"]["facts"]))
        return cast(dict[str, Any], answer)
