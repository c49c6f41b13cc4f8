"""Whose token it is: what JupyterHub's API answers becomes a learner's name, or nobody's."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from ppkit.practice_platform.hub_identity import HubIdentity


def answer_to(token: str, status: int, body: object) -> str | None:
    def hub(request: httpx2.Request) -> httpx2.Response:
        assert str(request.url) == "http://hub.example/hub/api/user"
        assert request.headers["authorization"] == f"token {token}"
        return httpx2.Response(status, json=body)

    return asyncio.run(HubIdentity("http://hub.example/hub/api", httpx2.MockTransport(hub))(token))


def test_the_owner_of_a_token_is_the_learner() -> None:
    assert answer_to("secret-of-ada", 200, {"kind": "user", "name": "ada"}) == "ada"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_the_hub_does_not_know_is_nobodys(status: int) -> None:
    assert answer_to("secret-of-eve", status, {"message": "no"}) is None


@pytest.mark.parametrize("name", ["../ada", "ada/bruno", ".ada", "", "a" * 64, "Ada"])
def test_a_name_that_would_lead_to_another_folder_is_nobodys(name: str) -> None:
    assert answer_to("secret", 200, {"name": name}) is None


def test_a_hub_that_fails_is_no_refusal() -> None:
    with pytest.raises(httpx2.HTTPStatusError):
        answer_to("secret-of-ada", 503, {})
