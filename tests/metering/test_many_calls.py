"""A thousand mixed calls: the entries, the roll-ups and the platform's bill are one and the same sum."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import openai
import pytest

from ppkit.metering import Meter, tags
from ppkit.money import Money
from ppkit.spending.ledger import Ledger

from .callers import Caller
from .fake_platform import FakePlatform, error
from .test_outcomes import ASK, CHAT

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("responses.create", ASK),
    ("responses.create", ASK | {"prompt_cache_key": "k"}),
    ("chat.completions.create", CHAT),
    ("embeddings.create", {"model": ASK["model"], "input": "Ciao"}),
]


def one_call(caller: Caller, platform: FakePlatform, chance: random.Random) -> None:
    method, arguments = chance.choice(KINDS)
    if chance.random() < 0.2:
        platform.answer_with(error(chance.choice([400, 401, 404, 429])))
    with tags(client=chance.choice("abc")), suppress(openai.APIStatusError):
        if method != "embeddings.create" and chance.random() < 0.4:
            caller.stream(method, **arguments)
        else:
            caller.call(method, **arguments)


@pytest.mark.parametrize("seed", [1, 2])
def test_entries_roll_ups_and_the_bill_agree(
    caller: Caller, meter: Meter, platform: FakePlatform, ledger: Ledger, seed: int
) -> None:
    chance = random.Random(seed)
    with meter.receipts() as receipts:
        for _ in range(250):
            one_call(caller, platform, chance)
    meter.flush()
    entries = [ledger.entry(receipt.call_id) for receipt in receipts]
    rows = ledger.report(by=["day", "model", "tag:client"]).rows
    assert len(platform.requests) == 250 > len(entries)
    assert ledger.totals().spent == Money(platform.billed_pico_usd)
    assert sum(entry.cost.pico_usd for entry in entries if entry.cost) == platform.billed_pico_usd
    assert sum(int(row["cost_pico_usd"] or 0) for row in rows) == platform.billed_pico_usd
    assert {entry.mark for entry in entries} == {None}
    assert ledger.totals().reserved == Money(0)
