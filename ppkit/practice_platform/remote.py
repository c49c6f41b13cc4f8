"""The control room from outside: what the command line and a session ask of a running practice platform."""

from __future__ import annotations

import json
from typing import Any, cast

from ppkit.errors import PpkitError
from ppkit.practice_platform.address import TOKEN_HEADER, Address
from ppkit.practice_platform.asking import PracticeNotAnswering, ask


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
        headers = {TOKEN_HEADER: self._address.control_token, "content-type": "application/json"}
        sent = json.dumps(body) if body else None
        try:
            answer = json.loads(ask(self._address, method, f"/control/{path}", sent, headers).body)
        except ValueError as error:
            raise PracticeNotAnswering(reason=type(error).__name__) from None
        if "error" in answer:
            raise PracticeRefused(str(answer["error"]["code"]), dict(answer["error"]["facts"]))
        return cast(dict[str, Any], answer)


__all__ = ["Control", "PracticeNotAnswering", "PracticeRefused"]
