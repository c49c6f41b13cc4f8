"""What learners are told where the platform refuses: nothing of the agency's key, organization or project."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping

import httpx2
from starlette.responses import Response

from ppkit.class_service.passed_answer import kept_headers
from ppkit.class_service.wire_errors import (
    AgencyCreditsGone,
    AgencyKeyRefused,
    PlatformBusy,
    WireRefusal,
    answer_of,
)

OF_THE_ACCOUNT = re.compile(rb"\b(?:org-|proj_|user-|sk-)[\w*.-]+")
_CODE = re.compile(r"[a-z_]{1,60}")
_log = logging.getLogger("ppkit.class")


async def refusal_to_learner(
    answer: httpx2.Response, headers: Mapping[str, str], request_id: str
) -> Response:
    """An answer that is no success, as a learner may see it. It is read whole, and closed."""
    try:
        content = await answer.aread()
    finally:
        await answer.aclose()
    kept = kept_headers(answer) | dict(headers)
    refusal = _of_account(answer.status_code, _code_in(content))
    if refusal is None:
        return Response(OF_THE_ACCOUNT.sub("…".encode(), content), answer.status_code, kept)
    _log.warning(
        "the platform refused a call: status %s, %s", answer.status_code, _code_in(content) or "no code"
    )
    told = answer_of(refusal, kept.get("x-request-id", request_id))
    for name in ("retry-after", "retry-after-ms"):
        if name in kept:
            told.headers[name] = kept[name]
    return told


def _of_account(status: int, code: str) -> WireRefusal | None:
    """What is not the learner's: the key, its permissions, the account's rates and credits."""
    if status in {401, 403}:
        return AgencyKeyRefused()
    if status == 429:
        return AgencyCreditsGone() if code == "insufficient_quota" else PlatformBusy()
    return None


def _code_in(content: bytes) -> str:
    """The platform's code for it, or nothing: only what cannot hold a secret is written down."""
    try:
        code = json.loads(content)["error"]["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""
