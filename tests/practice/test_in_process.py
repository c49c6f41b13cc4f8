"""The platform mounted in this process: the official SDK calls it without a port and without a thread."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import openai
import pytest

from ppkit.clock import ManualClock
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.practice_platform.exchange import Asked, Exchange
from ppkit.practice_platform.hand_turned_loop import LONGEST_PAUSE_SECONDS, HandTurnedLoop, NothingToWaitFor
from ppkit.practice_platform.in_process import ORIGIN, mount, unmount
from ppkit.practice_platform.in_process_transport import async_carrier, carrier
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control, PracticeNotAnswering
from ppkit.practice_platform.visitor import visit

MODEL = "gpt-5-mini"


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with standing_on(WEB_PAGE):
        yield Control(ensure_running(tmp_path))
        unmount(tmp_path)


@pytest.fixture
def key(control: Control) -> str:
    return str(control.post("key", name="Anna", credit="5.00")["key"])


@pytest.fixture
def client(control: Control, key: str, tmp_path: Path) -> openai.OpenAI:
    http_client = carrier(mount(tmp_path))
    return openai.OpenAI(
        api_key=key, base_url=f"{ORIGIN}/v1", max_retries=0, timeout=20, http_client=http_client
    )


def test_it_is_mounted_once_for_each_folder(control: Control, tmp_path: Path) -> None:
    assert ensure_running(tmp_path) == ensure_running(tmp_path)
    other = ensure_running(tmp_path / "other")
    assert Control(other).get("state")["keys"] == []
    unmount(tmp_path / "other")


def test_what_it_was_told_is_there_when_it_is_mounted_anew(
    control: Control, key: str, tmp_path: Path
) -> None:
    unmount(tmp_path)
    with pytest.raises(PracticeNotAnswering):
        control.get("state")
    found = Control(ensure_running(tmp_path)).get("state")["keys"]
    assert [one["name"] for one in found] == ["Anna"]
    kinds = {file.suffix for file in (tmp_path / "practice").iterdir()}
    assert kinds == {".sqlite3", ".offset"}, "no log beside a database, and no lock"


def test_without_its_token_the_control_room_is_closed(control: Control, tmp_path: Path) -> None:
    refused = visit(mount(tmp_path), "control/state")
    assert b"offset_seconds" not in refused.body
    assert control.get("state")["offset_seconds"] == 0


def test_pages_and_their_style_sheets_come_without_a_port(control: Control, tmp_path: Path) -> None:
    page = visit(mount(tmp_path), "api-keys")
    sheet = visit(mount(tmp_path), "static/console.css")
    assert (page.media_type, sheet.media_type) == ("text/html", "text/css")
    assert page.address == "sign-up", "a redirection is followed"


def test_a_stream_comes_as_it_is_made(client: openai.OpenAI) -> None:
    with client.responses.create(model=MODEL, input="Ciao", stream=True) as stream:
        kinds = [event.type for event in stream]
    assert kinds[-1] == "response.completed"
    assert len(kinds) > 10


def test_who_leaves_a_stream_early_pays_for_what_was_made(client: openai.OpenAI, control: Control) -> None:
    with client.responses.create(model=MODEL, input="Ciao", stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break
    early = control.get("state")["billed_pico_usd"]
    client.responses.create(model=MODEL, input="Ciao")
    assert 0 < early < control.get("state")["billed_pico_usd"] - early


def test_a_call_is_made_inside_a_running_loop(client: openai.OpenAI) -> None:
    async def cell() -> str:
        before = asyncio.current_task()
        answer = client.responses.create(model=MODEL, input="Ciao").output_text
        assert asyncio.current_task() is before
        await asyncio.sleep(0)
        return answer

    assert asyncio.run(cell())


def test_awaited_calls_and_streams_go_the_same_way(key: str, tmp_path: Path) -> None:
    async def calls() -> list[str]:
        asking = openai.AsyncOpenAI(
            api_key=key, base_url=f"{ORIGIN}/v1", http_client=async_carrier(mount(tmp_path))
        )
        made = (asking.responses.create(model=MODEL, input=word) for word in ("pane", "latte"))
        answers = [answer.output_text for answer in await asyncio.gather(*made)]
        stream = await asking.responses.create(model=MODEL, input="sale", stream=True)
        return [*answers, [event.type async for event in stream][-1]]

    *answers, last = asyncio.run(calls())
    assert all(answers)
    assert last == "response.completed"


@pytest.mark.parametrize("fault", ["connection_reset", "cut_stream"])
def test_a_connection_that_breaks_breaks_here_too(
    client: openai.OpenAI, control: Control, fault: str
) -> None:
    control.post("faults", name=fault, on=True)
    with pytest.raises((openai.APIConnectionError, httpx2.RemoteProtocolError)):
        list(client.responses.create(model=MODEL, input="Ciao", stream=True))


def test_an_answer_that_never_comes_takes_no_longer_than_a_moment(
    client: openai.OpenAI, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr(HandTurnedLoop.__init__, "__defaults__", (paused.append,))
    control.post("faults", name="no_answer", on=True)
    with pytest.raises(openai.APITimeoutError):
        client.responses.create(model=MODEL, input="Ciao")
    assert paused == [LONGEST_PAUSE_SECONDS]


def test_nothing_leads_to_another_address(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIConnectionError):
        client.with_options(base_url="http://127.0.0.1:8000/v1").models.list()


def test_a_hand_turned_loop_waits_and_works_as_another() -> None:
    paused: list[float] = []

    async def work() -> str:
        await asyncio.sleep(0.25)
        async with asyncio.timeout(3600):
            return await asyncio.to_thread(lambda: "done")

    with closing(HandTurnedLoop(paused.append)) as loop:
        assert loop.complete(work()) == "done"
        with pytest.raises(ZeroDivisionError):
            loop.complete(asyncio.to_thread(lambda: 1 // 0))
    assert paused
    assert paused[0] == pytest.approx(0.25, abs=0.05)


def test_a_wait_for_what_nobody_brings_ends_with_an_error() -> None:
    async def work() -> None:
        await asyncio.get_running_loop().create_future()

    with closing(HandTurnedLoop()) as loop, pytest.raises(NothingToWaitFor):
        loop.complete(work())


def test_an_exchange_that_never_began_ends_without_a_word() -> None:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        pytest.fail("asked")

    async def left() -> None:
        await Exchange(app, Asked("GET", f"{ORIGIN}/v1/models", [])).end()

    asyncio.run(left())


def test_the_clock_of_the_platform_moves_as_elsewhere(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
    with standing_on(WEB_PAGE):
        control = Control(mount(tmp_path, clock))
        before = control.get("clock")["now"]
        assert control.post("clock", to="next_month")["now"] > before
        unmount(tmp_path)


def test_a_pause_in_a_page_lets_nothing_in_by_sleeping() -> None:
    """A page's sleep lets Python be called in the middle."""
    slept: list[object] = []

    async def paced() -> str:
        await asyncio.sleep(0.01)
        return "done"

    def heard(_frame: object, event: str, called: object) -> None:
        # By the function itself: a default argument holds it, whatever its module has under that name.
        if event == "c_call" and called is time.sleep:
            slept.append(called)

    before = sys.getprofile()
    with standing_on(WEB_PAGE), closing(HandTurnedLoop()) as loop:
        sys.setprofile(heard)
        try:
            assert loop.complete(paced()) == "done"
        finally:
            sys.setprofile(before)
    assert not slept
