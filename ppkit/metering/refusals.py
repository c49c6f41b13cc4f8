"""Our own refusals as the SDK's exceptions: code written for OpenAI's limits works, and nothing is sent.

They are raised inside the transport. The SDK passes an OpenAIError through as it is and does not retry it
(`_base_client.request`); any other exception would become an APIConnectionError, sent again twice.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import ClassVar

import httpx2
import openai

from ppkit.errors import PpkitError, without_secrets
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import ZERO, Money
from ppkit.spending.bounds import OF_HOSTED_TOOLS
from ppkit.spending.ledger.limit_periods import LimitPeriod
from ppkit.spending.limit_texts import refusal_in_words


class Refusal(PpkitError, openai.APIStatusError):  # type: ignore[misc]  # the SDK's `code` is an instance's
    """A request that was not sent. `code` names its texts, `facts` fills them, as with every PpkitError.

    As an APIStatusError it carries a response that nobody sent: the status and body OpenAI would have used.
    """

    status: ClassVar[int]
    error_type: ClassVar[str]

    def __init_subclass__(
        cls, code: str | None = None, status: int | None = None, error_type: str | None = None
    ) -> None:
        # Not written in the class bodies, where the SDK's `code`, an instance attribute, stands in the way.
        if code is not None:
            cls.code = code
        if status is not None:
            cls.status = status
        if error_type is not None:
            cls.error_type = error_type

    def __init__(self, request: httpx2.Request, **facts: object) -> None:
        facts = {name: without_secrets(fact) for name, fact in facts.items()}
        message = english(self.code, facts)
        error = {"message": message, "type": self.error_type, "param": None, "code": self.code}
        response = httpx2.Response(
            self.status,
            headers={"content-type": "application/json", "x-should-retry": "false"},
            content=json.dumps({"error": error}).encode(),
            request=_without_secrets(request),
        )
        # Past PpkitError's own __init__, whose super() would be the SDK's, with another signature.
        openai.APIStatusError.__init__(self, message, response=response, body=error)
        self.facts = facts

    def __str__(self) -> str:
        return self.message


class LimitRefusal(Refusal, openai.RateLimitError, status=429):  # type: ignore[misc]
    """What both refusals of a limit tell: `scope` is "all", a key's or a tag's, `asked` the least needed.

    The limit is for a `period`: "month", "day" or "total". At `resets_at` the next one begins; None: a total
    opens only when it is raised.
    """

    def __init__(
        self,
        request: httpx2.Request,
        *,
        scope: str,
        limit: Money,
        spent: Money,
        reserved: Money,
        asked: Money,
        resets_at: datetime | None,
        uncertain: Money = ZERO,
        period: LimitPeriod = "month",
    ) -> None:
        super().__init__(
            request,
            scope=scope,
            limit=limit,
            spent=spent,
            uncertain=uncertain,
            reserved=reserved,
            asked=asked,
            period=period,
            resets_at=resets_at,
        )
        self.scope = scope
        self.limit = limit
        self.spent = spent
        self.uncertain = uncertain
        self.reserved = reserved
        self.asked = asked
        self.period = period
        self.resets_at = resets_at


class HardLimitReached(LimitRefusal, code="ppkit_hard_limit_reached", error_type="insufficient_quota"):
    """A hard limit would be passed, whatever becomes of the calls under way."""


class LedgerBusy(LimitRefusal, code="ppkit_ledger_busy", error_type="rate_limit_error"):
    """Only the reservations of other calls are in the way, and they were not given back in time."""


class RequestRefusal(  # type: ignore[misc]
    Refusal, openai.BadRequestError, status=400, error_type="invalid_request_error"
):
    """What is wrong lies in the request itself; asking again would not help."""


class UnknownPriceRefused(RequestRefusal, code="ppkit_unknown_price"):
    """The price of this model is not known, so its cost could not be kept within a limit."""

    def __init__(self, request: httpx2.Request, *, model: str) -> None:
        super().__init__(request, model=model)
        self.model = model


class UnknownTierRefused(RequestRefusal, code="ppkit_unknown_tier"):
    """The model has a price, the service tier asked for has none that is known."""

    def __init__(self, request: httpx2.Request, *, model: str, tier: str) -> None:
        super().__init__(request, model=model, tier=tier)
        self.model = model
        self.tier = tier


class UnboundedRefused(RequestRefusal, code="ppkit_unbounded_request"):
    """What the request can cost has no known bound, so a hard limit could not be kept.

    `reason` is one of `ppkit.spending.bounds.REASONS`, each with sentences of its own (so `code` ends in it);
    `field` names the tool, parameter or model.
    """

    def __init__(self, request: httpx2.Request, *, reason: str, field: str) -> None:
        self.code = f"ppkit_unbounded.{reason}"  # type: ignore[misc]  # an instance's here, as with the SDK
        super().__init__(request, reason=reason, field=field)
        self.reason = reason
        self.field = field


class HostedToolRefused(UnboundedRefused, code="ppkit_hosted_tool_refused"):
    """The request lets tools of the platform be used whose fee or number of calls is not known before."""


def unbounded(request: httpx2.Request, reason: str, field: str) -> UnboundedRefused:
    """The refusal for a reason that has no bound."""
    kind = HostedToolRefused if reason in OF_HOSTED_TOOLS else UnboundedRefused
    return kind(request, reason=reason, field=field)


class UnmeteredRoute(RequestRefusal, code="ppkit_unmetered_route"):
    """A paid route whose cost cannot be counted. `Meter(allow_unmetered=True)` lets it through."""

    def __init__(self, request: httpx2.Request, *, route: str) -> None:
        super().__init__(request, route=route)
        self.route = route


class OtherProviderRefused(RequestRefusal, code="ppkit_other_provider"):
    """A client of the SDK for another company's service, whose prices are not OpenAI's. Facts: client."""

    def __init__(self, request: httpx2.Request, *, client: str) -> None:
        super().__init__(request, client=client)
        self.client = client


class LentKeyElsewhere(RequestRefusal, code="ppkit_lent_key_elsewhere"):
    """The linked key, which a run lent to the program, would have gone to another address. Facts: host."""

    def __init__(self, request: httpx2.Request, *, host: str) -> None:
        super().__init__(request, host=host)
        self.host = host


class UnreadableRequest(RequestRefusal, code="ppkit_unreadable_request"):
    """The body cannot be understood, so neither can its cost."""


class KeyOfOtherMode(  # type: ignore[misc]
    Refusal,
    openai.AuthenticationError,
    code="ppkit_key_of_other_mode",
    status=401,
    error_type="invalid_request_error",
):
    """A header carries a real key in practice mode, or a practice key in live mode. Facts: mode."""


class KeyOfOtherClient(  # type: ignore[misc]
    Refusal,
    openai.PermissionDeniedError,
    code="ppkit_key_of_other_client",
    status=403,
    error_type="invalid_request_error",
):
    """One client's key in work for another, by the agency's file; nothing was sent. Facts: owner, client."""


def english(code: str, facts: dict[str, object]) -> str:
    """What happened and what to do, for a traceback or a log; windows choose the reader's own language."""
    shown = {name: _shown(value) for name, value in facts.items()}
    texts = Texts("en")
    return " ".join(
        texts(f"error.{code}.{part}", **refusal_in_words(shown, part, texts))
        for part in ("what", "why", "now")
    )


def _shown(value: object) -> object:
    if isinstance(value, Money):
        return formats.money(value, "en", places="exact")
    return formats.date(value, "en") if isinstance(value, datetime) else value


def _without_secrets(request: httpx2.Request) -> httpx2.Request:
    """The request as an exception may carry it: method and address, neither headers nor body."""
    return httpx2.Request(request.method, request.url.copy_with(username=None, password=None, query=None))
