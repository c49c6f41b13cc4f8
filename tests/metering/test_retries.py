"""What is held for an attempt that the platform says has failed passes on to the automatic repeat."""

from __future__ import annotations

from typing import Any

import httpx2
import openai
import pytest

from ppkit.metering import HardLimitReached, Meter
from ppkit.money import Money
from ppkit.spending.budget import Budget

from .callers import Caller
from .fake_platform import MODEL, FakePlatform, response_body

ASK: dict[str, Any] = {"model": MODEL, "input": "Ciao", "max_output_tokens": 16}
OWN = {"openai-processing-ms": "9", "retry-after-ms": "1"}
ENVELOPE = {"error": {"message": "no", "type": "server_error", "param": None, "code": None}}


def failed(status: int = 500) -> httpx2.Response:
    return httpx2.Response(status, json=ENVELOPE, headers=OWN)


def retrying(caller: Caller, times: int = 2) -> Caller:
    caller.client = caller.client.with_options(max_retries=times)
    return caller


def states(meter: Meter, platform: FakePlatform) -> list[str]:
    meter.flush()
    ids = [request.headers["x-client-request-id"] for request in platform.requests]
    return [str(meter.ledger.entry(call_id).mark or meter.ledger.entry(call_id).state) for call_id in ids]


def test_two_calls_that_fail_with_two_repeats_each_hold_two_ceilings(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(*(failed() for _ in range(6)))
    with meter.receipts() as receipts:
        for _ in range(2):
            with pytest.raises(openai.InternalServerError):
                retrying(caller).call("responses.create", **ASK)
    assert states(meter, platform) == ["released", "released", "uncertain"] * 2
    totals = meter.ledger.totals()
    ceiling = receipts[0].reserved
    assert (totals.uncertain, totals.spent, totals.reserved) == (ceiling + ceiling, Money(0), Money(0))
    assert [receipt.mark for receipt in receipts] == ["uncertain"] * 2
    assert meter.ledger.audit() == []


def test_a_repeat_that_succeeds_leaves_nothing_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(failed(), failed(503))
    with meter.receipts() as receipts:
        retrying(caller).call("responses.create", **ASK)
    assert states(meter, platform) == ["released", "released", "settled"]
    assert meter.ledger.totals().counted == Money(platform.billed_pico_usd)
    assert [receipt.mark for receipt in receipts] == [None]


def test_a_repeat_needs_no_room_beside_the_attempt_before(
    caller: Caller, meter: Meter, budget: Budget, platform: FakePlatform
) -> None:
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK)
    spent = receipts[0].cost
    budget.set(hard=spent + receipts[0].ceiling)
    platform.answer_with(failed(), failed())
    retrying(caller).call("responses.create", **ASK)
    assert meter.ledger.audit() == []
    with pytest.raises(HardLimitReached):
        caller.call("responses.create", **ASK)


def test_a_repeat_that_is_refused_before_work_leaves_the_first_attempt_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    refusal = httpx2.Response(401, json=ENVELOPE, headers=OWN)
    platform.answer_with(failed(), refusal)
    with meter.receipts() as receipts, pytest.raises(openai.AuthenticationError):
        retrying(caller).call("responses.create", **ASK)
    assert states(meter, platform) == ["released", "uncertain"]
    assert [receipt.mark for receipt in receipts] == ["uncertain"]
    assert meter.ledger.totals().uncertain == receipts[0].reserved


def test_an_attempt_without_an_answer_keeps_a_hold_of_its_own(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(
        httpx2.ReadTimeout("slow"), failed(), httpx2.Response(200, json=response_body(10, 5))
    )
    retrying(caller).call("responses.create", **ASK)
    assert states(meter, platform) == ["uncertain", "released", "settled"]


PAUSE = {"retry-after-ms": "1"}


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "<html>Bad gateway</html>", "headers": PAUSE},
        {"json": {}, "headers": OWN},
        {"json": {"error": "upstream"}, "headers": OWN},
        {"json": ENVELOPE, "headers": PAUSE},
        {"json": ENVELOPE, "headers": PAUSE | {"x-request-id": "gateway-1"}},
    ],
    ids=["a proxy's page", "nothing", "another envelope", "nobody's headers", "a gateway's headers"],
)
def test_an_error_that_is_not_the_platforms_is_uncertain_for_each_attempt(
    caller: Caller, meter: Meter, platform: FakePlatform, answer: dict[str, Any]
) -> None:
    platform.answer_with(*(httpx2.Response(502, **answer) for _ in range(2)))
    with pytest.raises(openai.InternalServerError):
        retrying(caller, times=1).call("responses.create", **ASK)
    assert states(meter, platform) == ["uncertain", "uncertain"]
    assert {call.why for call in meter.ledger.uncertain()} == {"no_platform_error"}


def test_what_comes_from_the_platforms_own_address_needs_no_headers(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(*(httpx2.Response(500, json=ENVELOPE) for _ in range(2)))
    caller.client = caller.client.with_options(base_url="https://eu.api.openai.com/v1", max_retries=1)
    with pytest.raises(openai.InternalServerError):
        caller.call("responses.create", **ASK)
    assert states(meter, platform) == ["released", "uncertain"]


def test_the_failure_is_read_by_the_caller_as_it_came(caller: Caller, platform: FakePlatform) -> None:
    platform.answer_with(failed())
    with pytest.raises(openai.InternalServerError) as failure:
        caller.call("responses.create", **ASK)
    assert failure.value.response.json() == ENVELOPE
    assert failure.value.body == ENVELOPE["error"]


def test_an_interrupt_before_the_repeat_holds_the_attempt_once(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(failed(), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        retrying(caller).call("responses.create", **ASK)
    assert states(meter, platform) == ["released", "uncertain"]
    assert meter.ledger.totals().reserved == Money(0)
