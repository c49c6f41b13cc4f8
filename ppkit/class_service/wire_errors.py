"""Refusals of the gateway in OpenAI's shape, so that the SDK's exceptions are of the right type."""

from __future__ import annotations

import json

from starlette.responses import Response

from ppkit.errors import PpkitError
from ppkit.look.texts import Texts

INVALID_REQUEST, SERVER_ERROR = "invalid_request_error", "server_error"


class WireRefusal(PpkitError):
    """A request that the gateway does not pass on. `status` and `error_type` are OpenAI's for such a case."""

    status = 400
    error_type = INVALID_REQUEST
    wire_code: str | None = None
    """What stands in the answer, where OpenAI has a code of its own."""

    retry_helps = False


class WrongClassToken(WireRefusal):
    """No token of this lesson. No facts: what was sent may be somebody's own key."""

    code = "class_wrong_token"
    status = 401
    wire_code = "invalid_api_key"


class LessonNotOpen(WireRefusal):
    """The lesson has not begun. Facts: opens."""

    code = "ppkit_lesson_not_open"
    status = 403


class LessonOver(WireRefusal):
    """The lesson is over, and so are its credits. Facts: closes."""

    code = "ppkit_lesson_over"
    status = 403


class ModelNotInLesson(WireRefusal):
    """A model that the lesson does not list. Facts: model, models."""

    code = "ppkit_model_not_in_lesson"
    status = 403


class RouteNotInLesson(WireRefusal):
    """Something of the API that no lesson offers. Facts: route."""

    code = "ppkit_route_not_in_lesson"
    status = 404


class FieldNotInLesson(WireRefusal):
    """A field whose effect outlives the call or reaches into the account. Facts: field."""

    code = "ppkit_field_not_in_lesson"


class BodyUnreadable(WireRefusal):
    """A body that cannot be understood, so that neither could its model. No facts."""

    code = "ppkit_unreadable_request"


class BodyTooLarge(WireRefusal):
    """More than a request may have. Facts: most_mib."""

    code = "ppkit_body_too_large"
    status = 413


class BodyTooSlow(WireRefusal):
    """A body that has not come whole in time. Facts: seconds."""

    code = "ppkit_body_too_slow"
    status = 408


class ReportsTooOften(WireRefusal):
    """A learner's window told its step a moment ago. No facts."""

    code = "ppkit_reports_too_often"
    status = 429
    error_type = "rate_limit_error"


class LessonFullHere(WireRefusal):
    """Every place is taken. Facts: learners."""

    code = "ppkit_lesson_full"
    status = 403


class LearnerLimitReached(WireRefusal):
    """This learner's limit leaves no room. Facts: limit, asked, spent, uncertain, as texts."""

    code = "class_learner_limit_reached"
    status = 429
    error_type = "insufficient_quota"
    wire_code = "ppkit_hard_limit_reached"


class LessonLimitReached(WireRefusal):
    """The limit of the whole lesson leaves no room. Facts as with a learner's."""

    code = "class_lesson_limit_reached"
    status = 429
    error_type = "insufficient_quota"
    wire_code = "ppkit_hard_limit_reached"


class ClassBusy(WireRefusal):
    """Only calls under way are in the way, and they did not end in time. Facts: limit, as text."""

    code = "class_busy"
    status = 429
    error_type = "rate_limit_error"
    wire_code = "ppkit_ledger_busy"


class PlatformUnreachable(WireRefusal):
    """The gateway has reached no platform, or has got no answer. No facts."""

    code = "ppkit_platform_unreachable"
    status = 502
    error_type = SERVER_ERROR
    retry_helps = True


class AgencyKeyRefused(WireRefusal):
    """The platform has refused the agency's key, or what it may do. No facts: they are the agency's."""

    code = "ppkit_agency_key_refused"
    status = 502
    error_type = SERVER_ERROR


class AgencyCreditsGone(WireRefusal):
    """The agency's account has no credits left, or has reached its own limit. No facts."""

    code = "class_agency_credits_gone"
    status = 429
    error_type = wire_code = "insufficient_quota"


class PlatformBusy(WireRefusal):
    """The platform's rate limit for the account of all. No facts."""

    code = "class_platform_busy"
    status = 429
    error_type = "rate_limit_error"
    wire_code = "rate_limit_exceeded"
    retry_helps = True


class LedgerAway(WireRefusal):
    """Without the ledger nothing is sent. No facts."""

    code = "ppkit_ledger_away"
    status = 503
    error_type = SERVER_ERROR
    retry_helps = True


class GatewayFailed(WireRefusal):
    """A mistake of ours. No facts."""

    code = "ppkit_gateway_failed"
    status = 500
    error_type = SERVER_ERROR


def answer_of(refusal: WireRefusal, request_id: str) -> Response:
    """The refusal as the SDK expects it."""
    texts = Texts("en")
    facts = {name: str(value) for name, value in refusal.facts.items()}
    parts = ("what", "why", "now")
    error = {
        "message": " ".join(texts(f"error.{refusal.code}.{part}", **facts) for part in parts),
        "type": refusal.error_type,
        "param": None,
        "code": refusal.wire_code or refusal.code,
    }
    return wire_error(refusal.status, {"error": error}, request_id, retry_helps=refusal.retry_helps)


def wire_error(status: int, body: object, request_id: str, *, retry_helps: bool = False) -> Response:
    headers = {"x-request-id": request_id}
    if not retry_helps:
        headers["x-should-retry"] = "false"
    return Response(json.dumps(body), status, headers, "application/json")
