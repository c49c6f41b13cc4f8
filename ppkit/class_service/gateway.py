"""The gateway: OpenAI's API for learners, paid with the agency's key, which never leaves this process.

A learner's token stands where the key would; the meter reserves and settles each call, labelled with learner
and lesson. It keeps nothing of its own: several may run side by side on one ledger.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import anyio.to_thread
import httpx2
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from ppkit.class_service.call_body import BodyReader
from ppkit.class_service.call_check import FREE_ROUTES, PAID_ROUTES
from ppkit.class_service.class_door import Admission, ClassDoor, token_of
from ppkit.class_service.passed_answer import PassedAnswer
from ppkit.class_service.platform_refusal import refusal_to_learner
from ppkit.class_service.wire_errors import (
    ClassBusy,
    GatewayFailed,
    LearnerLimitReached,
    LedgerAway,
    LessonLimitReached,
    PlatformUnreachable,
    RouteNotInLesson,
    WireRefusal,
    answer_of,
    wire_error,
)
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, holds_key
from ppkit.look import formats
from ppkit.metering import HardLimitReached, LedgerBusy, Meter, Refusal, metered_http_client, tags
from ppkit.metering.refusals import KeyOfOtherMode, LimitRefusal
from ppkit.metering.retries import Attempts

Answer = Response | PassedAnswer
LEARNERS = "tag:learner="
Handle = Callable[[Request, Admission], Awaitable[Answer]]

TIMEOUT = httpx2.Timeout(600, connect=5)
REPEAT_AFTER_SECONDS = (0.5, 1.0)
"""The pauses before a call is repeated that the platform says it failed at: what is held passes on."""

READ_METHODS, ALL_METHODS = ["GET"], ["GET", "POST", "PUT", "PATCH", "DELETE"]
_CALL_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_log = logging.getLogger("ppkit.class")


@dataclass(frozen=True, slots=True)
class Upstream:
    """The platform, and the account that pays there."""

    base_url: str
    key: ApiKey = field(repr=False)
    organization: str = ""
    project: str = ""

    def headers(self) -> dict[str, str]:
        found = {"authorization": f"Bearer {self.key.get_secret_value()}", "user-agent": "ppkit-class"}
        # An answer passes as it comes, without the header that would name its compression.
        found["accept-encoding"] = "identity"
        if self.organization:
            found["openai-organization"] = self.organization
        if self.project:
            found["openai-project"] = self.project
        return found


class Gateway:
    """The routes below "/v1". `client` is given by tests; else requests leave through the meter's own.

    `limited` is kept here: who was last refused for their own limit, by pseudonym.
    """

    def __init__(
        self,
        meter: Meter,
        upstream: Upstream,
        door: ClassDoor,
        client: httpx2.AsyncClient | None,
        limited: set[str],
    ) -> None:
        self._limited = limited
        self._meter = meter
        self._upstream = upstream
        self._door = door
        self._bodies = BodyReader()
        self._base_url = upstream.base_url.rstrip("/")
        self._client = client or metered_http_client(meter, upstream.base_url, TIMEOUT)

    async def close(self) -> None:
        await self._client.aclose()
        await anyio.to_thread.run_sync(self._meter.flush)  # what the ledger was not there for

    def routes(self) -> list[Route | Mount]:
        passed = [
            Route(f"/{route}", self._endpoint(self._passing(route)), methods=["POST"])
            for route in (*PAID_ROUTES, *FREE_ROUTES)
        ]
        return [
            Mount(
                "/v1",
                routes=[
                    *passed,
                    Route("/models", self._endpoint(self._models), methods=READ_METHODS),
                    Route("/models/{model:path}", self._endpoint(self._model), methods=READ_METHODS),
                    Route("/{rest:path}", self._endpoint(self._unknown), methods=ALL_METHODS),
                ],
            )
        ]

    def _endpoint(self, handle: Handle) -> Callable[[Request], Awaitable[Answer]]:
        async def endpoint(request: Request) -> Answer:
            request_id = f"class_{secrets.token_hex(12)}"
            try:
                return await handle(request, await self._door.admitted(token_of(request)))
            except (WireRefusal, Refusal) as refusal:
                return _refused(refusal, request_id)
            except ClientDisconnect:
                return Response(status_code=400)
            except httpx2.HTTPError:
                return answer_of(PlatformUnreachable(), request_id)
            except PpkitError as error:  # the ledger's or the roster's: without them nothing is sent
                _log.warning("a call was not sent: %s", error.code)
                return answer_of(LedgerAway(), request_id)
            except Exception as error:
                # Only its kind: what else it says may come from a request.
                _log.error("the gateway failed: %s", type(error).__name__)
                return answer_of(GatewayFailed(), request_id)

        return endpoint

    # --- what is answered here

    async def _models(self, _request: Request, admission: Admission) -> Answer:
        models = admission.prepared.lesson.models
        return _json({"object": "list", "data": [_model_document(model) for model in models]})

    async def _model(self, request: Request, admission: Admission) -> Answer:
        model = request.path_params["model"]
        if model in admission.prepared.lesson.models:
            return _json(_model_document(model))
        error = {
            "message": "The model does not exist or you do not have access to it.",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
        }
        return wire_error(404, {"error": error}, f"class_{secrets.token_hex(12)}")

    async def _unknown(self, request: Request, _admission: Admission) -> Answer:
        raise RouteNotInLesson(route=request.method)

    # --- what is passed on

    def _passing(self, route: str) -> Handle:
        url = f"{self._base_url}/{route}"

        async def passed(request: Request, admission: Admission) -> Answer:
            content, content_type = await self._bodies.checked(route, request, admission)
            # A body may have taken its time, and its turn: whoever is out by now sends nothing.
            admission = await self._door.admitted(token := token_of(request))
            headers = self._upstream.headers() | {"content-type": content_type} | _kept(request)
            labels = admission.prepared.lesson.tags(admission.learner.pseudonym)
            try:
                answer, is_final = await self._sent(url, headers, content, labels, token)
            except HardLimitReached as refusal:
                if refusal.scope.startswith(LEARNERS):
                    self._limited.add(admission.learner.pseudonym)
                raise
            self._limited.discard(admission.learner.pseudonym)
            own = {"x-should-retry": "false"} if is_final else {}
            if not answer.is_success:
                return await refusal_to_learner(answer, own, f"class_{secrets.token_hex(12)}")
            return PassedAnswer(answer, own)

        return passed

    async def _sent(
        self, url: str, headers: Mapping[str, str], content: bytes, labels: Mapping[str, str], token: str
    ) -> tuple[httpx2.Response, bool]:
        """The platform's answer, and whether repeating it here has not helped."""
        attempts = Attempts()
        with tags(**labels), attempts:
            for pause_seconds in (*REPEAT_AFTER_SECONDS, None):
                request = self._client.build_request("POST", url, headers=dict(headers), content=content)
                answer = await self._client.send(request, stream=True)
                was_told = answer.status_code >= 500 and attempts.failed is not None
                if not was_told or pause_seconds is None:
                    return answer, was_told
                await answer.aclose()
                await self._meter.async_sleep(pause_seconds)
                await self._door.admitted(token)
        raise AssertionError  # the last pause is None


def _kept(request: Request) -> dict[str, str]:
    """The learner's headers that go on: what kind of answer is wanted, and their name for the call."""
    kept = {}
    if "text/event-stream" in (accept := request.headers.get("accept", "")):
        kept["accept"] = "text/event-stream"
    elif "application/json" in accept:
        kept["accept"] = "application/json"
    call_id = request.headers.get("x-client-request-id", "")
    if _CALL_ID.fullmatch(call_id) and not holds_key(call_id):
        kept["x-client-request-id"] = call_id
    return kept


def _refused(refusal: WireRefusal | Refusal, request_id: str) -> Response:
    if isinstance(refusal, WireRefusal):
        return answer_of(refusal, request_id)
    if isinstance(refusal, LimitRefusal):
        return answer_of(_of_class(refusal), request_id)
    if isinstance(refusal, KeyOfOtherMode):  # the agency's, not the learner's
        return answer_of(GatewayFailed(), request_id)
    return wire_error(refusal.status, refusal.response.json(), request_id)


def _of_class(refusal: LimitRefusal) -> WireRefusal:
    """A limit in the words of a class: a learner cannot raise it, and no month resets it."""
    facts = {
        name: formats.money(getattr(refusal, name), "en", places="exact")
        for name in ("limit", "asked", "spent", "uncertain")
    }
    if isinstance(refusal, LedgerBusy):
        return ClassBusy(limit=facts["limit"])
    assert isinstance(refusal, HardLimitReached)
    kind = LearnerLimitReached if refusal.scope.startswith(LEARNERS) else LessonLimitReached
    return kind(**facts)


def _json(body: object) -> Response:
    return wire_error(200, body, f"class_{secrets.token_hex(12)}", retry_helps=True)


def _model_document(model: str) -> dict[str, object]:
    return {"id": model, "object": "model", "created": 0, "owned_by": "openai"}
