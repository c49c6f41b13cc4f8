"""The unmodified SDK, against answers played by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest

from ppkit.keys import ApiKey

KEY = ApiKey("sk-practice-" + "CANARY" * 8)

Answering = Callable[[httpx2.Request], httpx2.Response]


class Wire:
    """A platform made of canned answers by path; it remembers every request."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.answers: dict[str, Answering | httpx2.Response | Exception] = {}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self.answer(request)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = self.answers[request.url.path]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else answer(request)

    linked_key: ApiKey | None = None

    def admin_client_for(self, key: ApiKey) -> openai.OpenAI:
        return self.client_for(key).with_options(admin_api_key=key.get_secret_value())

    def client_for(self, key: ApiKey) -> openai.OpenAI:
        return openai.OpenAI(
            api_key=key.get_secret_value(),
            base_url="http://platform.example/v1",
            http_client=httpx2.Client(transport=httpx2.MockTransport(self)),
            max_retries=0,
        )


@pytest.fixture
def wire() -> Wire:
    return Wire()


def error_answer(status: int, code: str | None, error_type: str | None, message: str) -> httpx2.Response:
    body: Any = {"error": {"message": message, "type": error_type, "param": None, "code": code}}
    return httpx2.Response(status, json=body, headers={"x-request-id": "req_123"})
