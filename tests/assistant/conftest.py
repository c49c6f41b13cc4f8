"""An Assistant on the unmodified SDK, against a platform played by hand."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, cast

import httpx2
import openai
import pytest

from ppkit.ai_assistant import Assistant, Purse
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.metering.receipts import COLLECTORS, Receipt
from ppkit.money import Money
from ppkit.spending.plan_credits import CreditsUsedUp, TakenCredits

POST = "Domenica si inaugura!\n\nTi aspettiamo.\n\n#inaugurazione #PostPickr"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32
KEY = ApiKey("sk-practice-" + "CANARY" * 8)
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


class Credits:
    """Plan credits in memory."""

    tariff: Mapping[str, int] = {"text": 1, "image": 10}

    def __init__(self, amount: int) -> None:
        self.amount = amount

    def left(self) -> int:
        return self.amount

    def take(self, kind: str) -> TakenCredits:
        if self.amount < self.tariff[kind]:
            raise CreditsUsedUp
        self.amount -= self.tariff[kind]
        return TakenCredits(kind, self.tariff[kind], "2026-11")

    def give_back(self, taken: TakenCredits) -> None:
        self.amount += taken.credits


def response(text: str = POST, status: str = "completed", **changes: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "gpt-6-luna-2026-10-01",
        "status": status,
        "error": None,
        "incomplete_details": None,
        "output": [item] if text else [],
        **changes,
    }


def event(kind: str, **facts: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': 1, **facts})}\n\n"


def stream_of(*events: str) -> httpx2.Response:
    return httpx2.Response(
        200, content="".join(events).encode(), headers={"content-type": "text/event-stream"}
    )


def deltas(*pieces: str) -> list[str]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    return [event("response.output_text.delta", delta=piece, **place) for piece in pieces]


class Stage:
    """Everything an Assistant needs, with switches for a test."""

    def __init__(self) -> None:
        self.credits = Credits(100)
        self.key_linked = False
        self.answer: httpx2.Response | Exception = httpx2.Response(200, json=response())
        self.answers: Callable[[], httpx2.Response | Exception] = lambda: self.answer
        self.requests: list[dict[str, Any]] = []
        self.forms: list[bytes] = []
        self.seconds_allowed: list[float] = []  # without a byte, for every request
        self.purses: list[Purse] = []
        self.own_key_used = 0
        self.used_trouble: Exception | None = None
        self.assistant = Assistant(
            self,
            lambda _endpoint, _body: Money.usd("0.001"),
            plan_credits=self.credits,
            use_record=self,
            clock=ManualClock(NOW),
        )

    @property
    def linked_key(self) -> ApiKey | None:
        return KEY if self.key_linked else None

    def one_look(self) -> AbstractContextManager[None]:
        return nullcontext()

    def record_use(self, key: ApiKey) -> None:
        assert key == KEY
        self.own_key_used += 1
        if self.used_trouble:
            raise self.used_trouble

    def client_of(self, purse: Purse) -> openai.OpenAI:
        self.purses.append(purse)
        transport = httpx2.MockTransport(self._answer)
        return openai.OpenAI(
            api_key=KEY.get_secret_value(),
            base_url="http://platform.example/v1",
            http_client=httpx2.Client(transport=transport),
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.content.startswith(b"{"):
            self.requests.append(json.loads(request.content))
        elif request.content:
            self.forms.append(request.content.replace(b"\r\n", b"\n"))
        self.seconds_allowed.append(request.extensions["timeout"]["read"])
        answer = self.answers()
        if isinstance(answer, Exception):
            raise answer
        if self.key_linked:
            for receipts in COLLECTORS.get():
                receipts.append(cast(Receipt, "receipt"))
        return answer

    def answer_with_image(self) -> None:
        encoded = base64.b64encode(PNG).decode()
        self.answer = httpx2.Response(200, json={"created": 1, "data": [{"b64_json": encoded}]})


@pytest.fixture
def stage() -> Stage:
    return Stage()
