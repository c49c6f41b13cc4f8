from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from ppkit.metering import Meter, current_tags, tags

from .callers import AsyncCaller, Caller
from .fake_platform import FakePlatform
from .test_outcomes import ASK, only_entry


def test_labels_nest_and_the_inner_one_wins() -> None:
    with tags(client="a", lesson="01"):
        with tags(lesson="02"):
            assert dict(current_tags()) == {"client": "a", "lesson": "02"}
        assert dict(current_tags()) == {"client": "a", "lesson": "01"}
    assert dict(current_tags()) == {}


def test_a_label_must_be_text() -> None:
    wrong: Any = 3
    with pytest.raises(TypeError), tags(lesson=wrong):
        pass
    with pytest.raises(ValueError, match="empty"), tags(lesson=""):
        pass
    with pytest.raises(ValueError, match="control character"), tags(lesson="a\0b"):
        pass


def test_labels_reach_the_ledger(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    with tags(client="a", lesson="02"):
        caller.call("responses.create", **ASK)
    assert dict(only_entry(meter, platform).call.tags) == {"client": "a", "lesson": "02"}


def test_labels_and_receipts_belong_to_their_task(meter: Meter, platform: FakePlatform) -> None:
    async def one(client: Any, name: str) -> list[str]:
        with tags(client=name), meter.receipts() as receipts:
            await client.responses.create(**ASK)
            await asyncio.sleep(0)
            await client.responses.create(**ASK)
        return [receipt.call_id for receipt in receipts]

    async def all_of_them() -> list[list[str]]:
        client = AsyncCaller(meter, platform).client
        return await asyncio.gather(*(one(client, f"c{number}") for number in range(5)))

    ids = asyncio.run(all_of_them())
    meter.flush()
    labels = [[meter.ledger.entry(call_id).call.tags["client"] for call_id in each] for each in ids]
    assert labels == [[f"c{number}"] * 2 for number in range(5)]


def test_receipts_nest_and_the_outer_sees_all(caller: Caller, meter: Meter) -> None:
    with meter.receipts() as outer:
        caller.call("responses.create", **ASK)
        with meter.receipts() as inner:
            caller.call("responses.create", **ASK)
    caller.call("responses.create", **ASK)
    assert (len(outer), len(inner)) == (2, 1)
    assert outer[1] is inner[0]


@pytest.mark.processes
def test_labels_need_nothing_of_the_sdk() -> None:
    program = "import sys; from ppkit.metering import tags; print({'openai', 'httpx2'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"
