"""A session whose practice platform is in this process: no socket, the unmodified SDK, the real answers."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, cast

from starlette.testclient import TestClient

from ppkit.metering import UnmeteredWarning
from ppkit.practice_link import PracticeLink
from ppkit.practice_platform.address import TOKEN_HEADER, Address
from ppkit.practice_platform.remote import Control, PracticeRefused
from ppkit.sessions import Session
from ppkit.settings import Settings

PLACE = "http://127.0.0.1:8097"
TOKEN = "control-" + "t" * 20


class StaysOpen(TestClient):
    """Shared by all clients of a test, so that none may close it."""

    def close(self) -> None:
        """Not yet."""


class InProcessLink(PracticeLink):
    """The way to a platform in this process."""

    web: TestClient

    def address(self) -> Address:
        return Address(f"{PLACE}/v1", f"{PLACE}/", TOKEN, 1)

    def _control(self) -> Control:
        return InProcessControl(self.web)


class InProcessControl(Control):
    """The control room without a socket."""

    def __init__(self, web: TestClient) -> None:
        self._web = web

    def _call(self, method: str, path: str, body: dict[str, object] | None) -> dict[str, Any]:
        with warnings.catch_warnings():
            # The client that carries the SDK's calls carries these, too; the real ones go another way.
            warnings.simplefilter("ignore", UnmeteredWarning)
            given = self._web.request(method, f"/control/{path}", json=body, headers={TOKEN_HEADER: TOKEN})
        answer: dict[str, Any] = given.json()
        if "error" in answer:
            raise PracticeRefused(str(answer["error"]["code"]), dict(answer["error"]["facts"]))
        return answer


class InProcess(Session):
    """A session whose platform is in this process; `asked` is every request that reached it."""

    def __init__(self, home: Path, web: TestClient, environment: dict[str, str]) -> None:
        settings = Settings(home=home, language="en")
        super().__init__(settings, environment=environment, http_client=cast(Any, web))
        self.practice_link = InProcessLink(home, self.clock, self.texts)
        self.practice_link.web = self.web = web
        self.asked: list[str] = []
        web.event_hooks["request"] = [
            lambda request: self.asked.append(f"{request.method} {request.url.path}")
        ]
