"""What is refused before it is sent, and what may be allowed on purpose."""

from __future__ import annotations

from typing import Any

import httpx2
import openai
import pytest
from sweeps import sweep

from ppkit.checkup.diagnosis import diagnose
from ppkit.checkup.explain import explain
from ppkit.errors import PpkitError
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.metering import (
    HostedToolRefused,
    Meter,
    Refusal,
    UnknownPriceRefused,
    UnknownTierRefused,
    UnmeteredRoute,
    refusals,
)
from ppkit.metering.refusals import UnreadableRequest
from ppkit.money import Money
from ppkit.spending.bounds import OF_HOSTED_TOOLS, REASONS
from ppkit.spending.budget import Budget

from .callers import Caller
from .fake_platform import FakePlatform
from .test_outcomes import ASK, only_entry

SEARCH: dict[str, Any] = ASK | {"tools": [{"type": "web_search"}]}
BATCH: dict[str, Any] = {"completion_window": "24h", "endpoint": "/v1/responses", "input_file_id": "f"}


def test_an_unknown_price_is_refused(caller: Caller, platform: FakePlatform) -> None:
    with pytest.raises(UnknownPriceRefused) as refused:
        caller.call("responses.create", **ASK | {"model": "gpt-none"})
    assert (refused.value.model, refused.value.status_code) == ("gpt-none", 400)
    assert platform.requests == []


def test_an_unknown_tier_is_refused_by_its_own_name(caller: Caller, platform: FakePlatform) -> None:
    with pytest.raises(UnknownTierRefused, match="service tier “bogus”") as refused:
        caller.call("responses.create", **ASK | {"model": "gpt-5-nano", "service_tier": "bogus"})
    assert (refused.value.tier, refused.value.model, refused.value.status_code) == (
        "bogus",
        "gpt-5-nano",
        400,
    )
    assert platform.requests == []


def test_an_unknown_price_can_be_allowed(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    meter.allow_unpriced = True
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK | {"model": "gpt-none"})
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (Money(0), "estimated")
    assert receipts[0].usage is not None


def test_what_has_no_bound_is_refused_under_a_hard_limit(
    caller: Caller, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="10")
    with pytest.raises(HostedToolRefused, match="how often the tool “web_search” may be used") as refused:
        caller.call("responses.create", **SEARCH)
    assert (refused.value.reason, refused.value.field) == ("number_of_calls", "web_search")
    assert platform.requests == []


@sweep("language", LANGUAGES)
@sweep("reason", sorted(REASONS))
def test_every_reason_for_having_no_bound_has_its_own_sentences(reason: str, language: str) -> None:
    request = httpx2.Request("POST", "http://platform.test/v1/responses")
    refused = refusals.unbounded(request, reason, "field-name")
    told = explain(diagnose(refused), Texts(language))
    assert "field-name" in told.what
    assert all((told.what, told.why, told.now))
    assert f"error.{refused.code}.why" in Texts(language)
    by_the_call = "fee for each use" in refused.message or "fee for each search" in refused.message
    assert not by_the_call or reason in OF_HOSTED_TOOLS
    assert isinstance(refused, HostedToolRefused) == (reason in OF_HOSTED_TOOLS)


def test_what_has_no_bound_passes_without_a_hard_limit_and_is_marked(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(soft="10")
    caller.call("responses.create", **ASK | {"tools": [{"type": "mcp", "server_label": "s"}]})
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (Money(platform.billed_pico_usd), "estimated")


def test_a_paid_route_without_a_meter_is_refused(caller: Caller, platform: FakePlatform) -> None:
    with pytest.raises(UnmeteredRoute) as refused:
        caller.call("batches.create", **BATCH)
    assert refused.value.route == "/v1/batches"
    assert platform.requests == []


def test_a_paid_route_without_a_meter_can_be_allowed(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    meter.allow_unmetered = True
    caller.call("batches.create", **BATCH)
    assert len(platform.requests) == 1
    assert meter.ledger.totals().calls == 0


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_request_that_cannot_be_read_is_refused(
    caller: Caller, platform: FakePlatform, content: bytes
) -> None:
    with pytest.raises(UnreadableRequest):
        caller.call("post", path="/responses", cast_to=object, content=content)
    assert platform.requests == []


def test_a_request_without_a_model_is_refused(caller: Caller, platform: FakePlatform) -> None:
    with pytest.raises(UnknownPriceRefused):
        caller.call("responses.create", input="Ciao")
    assert platform.requests == []


def kinds() -> list[type[Refusal]]:
    """Every refusal with a code of its own."""
    found = [each for each in vars(refusals).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, Refusal) and "code" in vars(each)]


def test_every_refusal_is_ours_and_the_sdks() -> None:
    assert len(kinds()) == 12
    for kind in kinds():
        assert PpkitError in kind.__mro__
        theirs = {openai.RateLimitError, openai.BadRequestError, openai.AuthenticationError}
        assert (theirs | {openai.PermissionDeniedError}) & set(kind.__mro__)


@sweep("language", LANGUAGES)
@sweep("code", [kind.code for kind in kinds()])
def test_every_refusal_has_its_texts(language: str, code: str) -> None:
    texts = Texts(language)
    assert [part for part in ("what", "why", "now") if f"error.{code}.{part}" not in texts] == []
