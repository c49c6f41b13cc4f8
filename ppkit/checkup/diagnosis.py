"""An exception becomes a Diagnosis: a named situation with facts, and details that hold no secret."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field

from ppkit.checkup.deadline import CheckStopped, TookTooLong
from ppkit.checkup.diagnosis_table import ErrorAnswer, look_up
from ppkit.checkup.remedies import OWN_REMEDIES, REMEDIES, Link, Remedy, known_links
from ppkit.checkup.this_computer import address_in_settings, proxy_for, refined
from ppkit.checkup.transport_causes import causes_of, transport_diagnosis
from ppkit.errors import PpkitError
from ppkit.keys import redact

CANCELLED = "cancelled"  # the user stopped it
PROXY_SIGN_IN = 407
NOT_THERE = (404, 405)  # where the address has no such route
LONGEST_MESSAGE = 400  # characters of the platform's own words kept as a detail


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What happened, by name: the texts are "diagnosis.<code>.what", ".why" and ".now"; see `explain`.

    `facts` fills their placeholders (model, scope, seconds …); `details` is for the folded technical part:
    status, code, type, request_id, message, exception, where known. `own` marks an error of ppkit's own,
    whose texts are "error.<code>".
    """

    code: str
    facts: dict[str, object] = field(default_factory=dict)
    details: dict[str, object] = field(default_factory=dict)
    own: bool = False

    @property
    def remedy(self) -> Remedy:
        return OWN_REMEDIES.get(self.code, Remedy()) if self.own else REMEDIES[self.code]

    @property
    def links(self) -> tuple[Link, ...]:
        return tuple(known_links()[name] for name in self.remedy.links)

    @property
    def recheck_minutes(self) -> tuple[int, ...]:
        """When to look again, for what heals by itself; empty for what does not."""
        return self.remedy.recheck_minutes

    @property
    def proves_key(self) -> bool:
        """Whether this answer can only be given to a genuine key."""
        return self.code in PROVES_KEY


# The platform checks the key before anything else, so these answers say that it knows the key.
PROVES_KEY = frozenset({
    "missing_scope", "admin_key_needed", "organization_not_verified", "model_not_allowed", "model_not_found",
    "no_credit", "billing_not_active", "billing_limit", "organization_spend_limit", "project_spend_limit",
    "usage_limit", "rate_limited", "slow_down", "content_refused",
})  # fmt: skip


def diagnose(error: BaseException) -> Diagnosis:
    """The named situation behind any exception. Never raises, never quotes a secret."""
    if isinstance(error, TookTooLong | CheckStopped):
        code = "timed_out" if isinstance(error, TookTooLong) else CANCELLED
        return Diagnosis(code, {}, {"exception": type(error).__name__})
    own_error = next((link for link in causes_of(error) if isinstance(link, PpkitError)), None)
    if own_error:
        # Refusals of our own carry an answer that was not sent; what they are is reported by their own code.
        return Diagnosis(
            own_error.code, dict(own_error.facts), {"exception": type(own_error).__name__}, own=True
        )
    status = getattr(error, "status_code", None)
    if isinstance(status, int) or getattr(error, "body", None) is not None:
        return _from_answer(error, status if isinstance(status, int) else None)
    cause = refined(transport_diagnosis(error), list(causes_of(error)))
    return Diagnosis(cause.diagnosis, cause.facts, {"exception": type(error).__name__, **_causes(error)})


def _from_answer(error: BaseException, status: int | None) -> Diagnosis:
    body = getattr(error, "body", None)
    if status == PROXY_SIGN_IN:
        return _from_proxy(error)
    if _is_web_page(error):
        return Diagnosis("not_the_platform", {"status": status}, _details(error))
    answer = ErrorAnswer(
        status, _text(error, "code"), _text(error, "type"), f"{_text(error, 'message')} {_words(body)}"
    )
    code, facts = look_up(answer)
    if code == "unexpected" and status in NOT_THERE:
        led = address_in_settings(getattr(error, "request", None))
        if led:
            return Diagnosis("address_leads_nowhere", led.facts, _details(error))
    return Diagnosis(code, {name: _fact(name, value) for name, value in facts.items()}, _details(error))


def _from_proxy(error: BaseException) -> Diagnosis:
    """An unencrypted request is answered by the proxy itself, in the platform's place."""
    proxy = proxy_for(getattr(error, "request", None), os.environ)
    facts = {**proxy.facts, "host": proxy.host} if proxy else {}
    return Diagnosis("proxy_wants_sign_in", facts, _details(error))


def _fact(name: str, value: str) -> object:
    return math.ceil(float(value)) if name == "seconds" else redact(value)


def _is_web_page(error: BaseException) -> bool:
    """A proxy, a captive portal or a broken gateway answers in HTML; the platform answers in JSON."""
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", {})
    return str(headers.get("content-type", "")).lower().startswith("text/html")


def _details(error: BaseException) -> dict[str, object]:
    details: dict[str, object] = {"exception": type(error).__name__}
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        details["status"] = status
    for name in ("code", "type", "param", "request_id"):
        value = _text(error, name)
        if value is not None:
            details[name] = redact(value)
    message = _text(error, "message") or ""
    if message and not _is_web_page(error):
        details["message"] = redact(message)[:LONGEST_MESSAGE]
    return details


def _text(error: BaseException, name: str) -> str | None:
    value = getattr(error, name, None)
    return value if isinstance(value, str) else None


def _words(body: object) -> str:
    """The sentence in an error body, which is usually a mapping and sometimes a bare string."""
    if isinstance(body, dict):
        return str(body.get("message") or body.get("error") or "")
    return body if isinstance(body, str) else ""


def _causes(error: BaseException) -> dict[str, object]:
    """Names only: a transport's message can quote the whole Authorization header."""
    names = [type(link).__name__ for link in causes_of(error)][1:]
    return {"causes": ", ".join(names)} if names else {}
