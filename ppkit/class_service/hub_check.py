"""With a JupyterHub: a learner's Hub token stands for the key, and the Hub says whose it is.

One documented request of its REST API does: `GET /hub/api/user` with the token answers with its owner's model
and scopes (JupyterHub's documentation, "Services": how to authenticate without its own Python client).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
import httpx2

from ppkit.class_service.learner_tokens import digest_of
from ppkit.class_service.roster import Learner, LessonFull
from ppkit.class_service.running_lesson import RunningLesson
from ppkit.class_service.wire_errors import LessonFullHere, PlatformUnreachable, WrongClassToken
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.files import make_private_folder, write_private

ACCESS = "access:services"
REMEMBERED_SECONDS = 60.0
"""How long a token counts as somebody's without asking the Hub again."""

MOST_REMEMBERED = 4096
KEY = "sk-"
TIMEOUT_SECONDS = 10.0


class NotUnderHub(PpkitError):
    """`--hub` outside of a service that a JupyterHub has started. Facts: name, of a missing variable."""

    code = "not_under_hub"


@dataclass(frozen=True, slots=True)
class HubPlace:
    """What a Hub tells a service that it starts, by environment variables."""

    api_url: str
    service: str
    prefix: str
    host: str
    port: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> HubPlace:
        """Raises NotUnderHub."""
        api_url, service, prefix, url = (
            environment.get(name) or _missing(name)
            for name in (
                "JUPYTERHUB_API_URL",
                "JUPYTERHUB_SERVICE_NAME",
                "JUPYTERHUB_SERVICE_PREFIX",
                "JUPYTERHUB_SERVICE_URL",
            )
        )
        parts = urlsplit(url)
        return cls(api_url.rstrip("/"), service, prefix, parts.hostname or "127.0.0.1", parts.port or 80)


def _missing(name: str) -> str:
    raise NotUnderHub(name=name)


def write_trainer_link(home: Path, lesson_id: str, link: str) -> Path:
    """Put the trainer's link where only this account can read it, and tell where that is. Raises OSError."""
    path = home / f"trainer-link-{lesson_id}.txt"
    make_private_folder(home)
    write_private(path, f"{link}\n".encode())
    return path


class HubCheck:
    """A TokenCheck that asks the Hub. Whom it vouches for takes a place with the first call or step."""

    def __init__(
        self, place: HubPlace, lesson: RunningLesson, clock: Clock, client: httpx2.AsyncClient | None = None
    ) -> None:
        self._place = place
        self._lesson = lesson
        self._clock = clock
        self._client = client or httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        self._users: dict[str, tuple[float, str]] = {}

    async def learner_of(self, token: str, *, joins: bool) -> Learner | None:
        """Raises WrongClassToken, LessonFullHere, PlatformUnreachable where the Hub does not answer."""
        user = await self._user_of(token)
        try:
            place = self._lesson.join_as if joins else self._lesson.learner_as
            return await anyio.to_thread.run_sync(partial(place, f"hub:{user}"))
        except LessonFull as full:
            raise LessonFullHere(**full.facts) from None

    async def _user_of(self, token: str) -> str:
        # A key of somebody's own is nothing that the Hub should see, or write into its log.
        if token.startswith(KEY) or not (token.isascii() and token.isprintable()):
            raise WrongClassToken
        digest, now = digest_of(token), self._clock.monotonic()
        known = self._users.get(digest)
        if known is not None and now - known[0] < REMEMBERED_SECONDS:
            return known[1]
        user = self._user_in(await self._asked(token))
        if len(self._users) >= MOST_REMEMBERED:
            self._users.clear()
        self._users[digest] = now, user
        return user

    async def _asked(self, token: str) -> httpx2.Response:
        try:
            headers = {"authorization": f"token {token}"}
            return await self._client.get(f"{self._place.api_url}/user", headers=headers)
        except httpx2.HTTPError:
            raise PlatformUnreachable from None  # its own text may hold the token

    def _user_in(self, answer: httpx2.Response) -> str:
        """The user's name. Raises WrongClassToken, also for services and for tokens without access to us."""
        if answer.status_code in {401, 403, 404}:
            raise WrongClassToken
        try:
            model: Any = answer.json() if answer.is_success else None
        except ValueError:
            model = None
        if not isinstance(model, dict):
            raise PlatformUnreachable
        name, scopes = model.get("name"), model.get("scopes")
        wanted = {ACCESS, f"{ACCESS}!service={self._place.service}"}
        may_enter = isinstance(scopes, list) and any(scope in wanted for scope in scopes)
        if model.get("kind") != "user" or not isinstance(name, str) or not name or not may_enter:
            raise WrongClassToken
        return name
