"""Whose token it is: JupyterHub is asked, with the token itself."""

from __future__ import annotations

import re

import httpx2

SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
"""A learner's name becomes a folder's."""
TIMEOUT_SECONDS = 10.0


class HubIdentity:
    """Asks the hub at `api_url`, such as http://127.0.0.1:8081/hub/api, whose token it is.

    Source: JupyterHub's REST API, `GET /user`: the owner of the token that the request bears.
    """

    def __init__(self, api_url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._client = httpx2.AsyncClient(
            base_url=api_url.rstrip("/") + "/", timeout=TIMEOUT_SECONDS, transport=transport, trust_env=False
        )

    async def __call__(self, token: str) -> str | None:
        """The learner's name; None for a token that the hub does not know, or a name that is no folder's.

        Raises httpx2.HTTPError when the hub does not answer.
        """
        answer = await self._client.get("user", headers={"Authorization": f"token {token}"})
        if answer.status_code in (401, 403, 404):
            return None
        name = str(answer.raise_for_status().json()["name"])
        return name if SAFE_NAME.fullmatch(name) else None
