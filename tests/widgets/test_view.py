"""The view: messages in, pages out, and no secret in anything that is synced."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from ppkit.clock import ManualClock
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.assistant.picture_desk import MOST_MEGABYTES
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.view import HERE, CalmRedraw, DeltaBuffer, Fields, Secrets, View
from ppkit.widgets.costs.costs_window import CostsWindow

from .fakes import click, send

CANARY = "sk-practice-" + "CANARY" * 8


class Recorder(View):
    def __init__(self) -> None:
        super().__init__(fallback="A window.")
        self.received: list[tuple[str, Fields, Secrets]] = []

    def receive(self, action: str, fields: Fields, secrets: Secrets) -> None:
        self.received.append((action, fields, secrets))


def test_a_click_arrives_with_its_fields() -> None:
    view = Recorder()
    click(view, "check", brief="hello")
    assert view.received == [("check", {"brief": "hello"}, {})]


def test_a_secret_arrives_wrapped_and_is_in_no_trait_and_no_message(outbound: list[object]) -> None:
    view = Recorder()
    click(view, "check", {"key": CANARY})
    ((_action, fields, secrets),) = view.received
    assert secrets["key"].get_secret_value() == CANARY
    assert isinstance(secrets["key"], SecretStr)
    for place in (fields, repr(secrets), view.get_state(), outbound, repr(view), view._repr_mimebundle_()):
        assert "CANARY" not in repr(place)


def test_a_page_that_is_loaded_anew_gets_the_page_of_this_moment() -> None:
    class Hour(Recorder):
        hour = 9

        def redraw(self) -> None:
            self.html = f"{self.hour}:00"

    view = Hour()
    view.hour = 10
    assert view.get_state("html") == {"html": ""}  # what is sent on our own account is what it is
    assert view.get_state()["html"] == "10:00"


def test_a_message_that_comes_twice_is_received_once(outbound: list[object]) -> None:
    view = Recorder()
    outbound.clear()
    for _ in range(2):
        send(view, {"id": "7", "action": "buy", "fields": {}, "secrets": {}})
    assert len(view.received) == 1
    assert outbound == [{"type": "answered", "id": "7"}] * 2  # the page waits for an answer to each


def test_while_working_a_click_is_answered_and_ignored(outbound: list[object]) -> None:
    view = Recorder()
    view.working = True
    outbound.clear()
    click(view, "buy")
    assert view.received == []
    assert len(outbound) == 1


def test_a_message_without_anything_in_it_is_survived() -> None:
    view = Recorder()
    for message in (
        {},
        {"fields": None, "secrets": None},
        {"fields": {"a": 1, "b": "x"}, "secrets": {"key": 5}},
    ):
        send(view, message)
    assert [fields for _, fields, _ in view.received] == [{}]


def test_a_front_end_without_widgets_reads_a_sentence_that_never_changes() -> None:
    assert repr(Recorder()) == repr(Recorder()) == "A window."
    data, _metadata = Recorder()._repr_mimebundle_() or ({}, {})
    assert data["text/plain"] == "A window."


def test_a_stream_passes_pieces_on_at_most_twenty_times_a_second() -> None:
    sent: list[str] = []
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    stream = DeltaBuffer(sent.append, clock)
    for _ in range(1000):
        stream.add("x")
        clock.advance(timedelta(milliseconds=1))
    stream.end()
    assert "".join(sent) == stream.shown == "x" * 1000
    assert len(sent) <= 21


def test_what_changes_a_thousand_times_a_second_is_redrawn_twenty_times() -> None:
    drawn: list[int] = []
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    redraw = CalmRedraw(lambda: drawn.append(1), clock)
    redraw()
    assert drawn == [1]  # the first change is seen at once
    for _ in range(1000):
        clock.advance(timedelta(milliseconds=1))
        redraw()
    assert 19 <= len(drawn) <= 21


@dataclass
class Looks:
    """Stands in for `repeat_beside`: the looks that wait, made when a test says so."""

    waiting: list[Callable[[], float | None]] = field(default_factory=list)

    def __call__(self, look: Callable[[], float | None], _ended: threading.Event, _name: str) -> None:
        self.waiting.append(look)

    def after(self, clock: ManualClock, milliseconds: int) -> None:
        clock.advance(timedelta(milliseconds=milliseconds))
        self.waiting = [look for look in self.waiting if look() is not None]


def test_what_was_left_out_is_drawn_a_moment_later_and_once() -> None:
    drawn: list[str] = []
    state, looks, clock = ["passed"], Looks(), ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    redraw = CalmRedraw(lambda: drawn.append(state[-1]), clock, looks)
    redraw()
    for name in ("running", "running still"):
        clock.advance(timedelta(milliseconds=1))
        state.append(name)
        redraw()
    assert len(looks.waiting) == 1
    looks.after(clock, 40)
    assert drawn == ["passed"]
    looks.after(clock, 20)
    assert drawn == ["passed", "running still"]
    assert looks.waiting == []


def test_what_was_left_out_is_not_drawn_once_something_newer_was_or_all_has_ended() -> None:
    drawn: list[int] = []
    looks, clock = Looks(), ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    redraw = CalmRedraw(lambda: drawn.append(1), clock, looks)
    redraw()
    redraw()
    clock.advance(timedelta(milliseconds=60))
    redraw()
    looks.after(clock, 60)
    assert len(drawn) == 2
    redraw()
    redraw()
    redraw.end()
    looks.after(clock, 1)  # whoever waits has nothing to wait for
    assert len(drawn) == 3
    assert looks.waiting == []


def test_without_threads_what_was_left_out_is_drawn_in_the_loop_and_without_a_loop_not_at_all() -> None:
    drawn: list[int] = []
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))

    def redraw_twice() -> None:
        redraw = CalmRedraw(lambda: drawn.append(1), clock)
        redraw()
        redraw()

    async def click() -> None:
        redraw_twice()
        assert len(drawn) == 1
        clock.advance(timedelta(milliseconds=60))
        await asyncio.sleep(0)
        assert len(drawn) == 2

    with standing_on(WEB_PAGE):
        asyncio.run(click())
        redraw_twice()
    assert len(drawn) == 3


def test_script_and_style_load_nothing() -> None:
    script, style = Recorder()._esm, Recorder()._css
    assert re.findall(r"(?m)^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest|WebSocket", script) == []
    assert re.findall(r"url\(|@import", style) == []


def test_the_script_holds_no_sentence() -> None:
    """Texts come from the catalogues: what the script writes itself are names, not words."""
    written = re.findall(r"\"[^\"\n]*\"|'[^'\n]*'", (HERE / "view.js").read_text("utf-8"))
    assert [text for text in written if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text)] == []


SECRET = "sk-proj-" + "CANARY-a1B" * 7 + "w_yZ" + "T3Blbk" + "FJ" + "c3D4-CANAR" * 7 + "y_zW"


@pytest.mark.parametrize(
    ("window", "action", "field"),
    [
        (CostsWindow, "set_limits", "hard"),
        (AssistantWindow, "wish", "topic"),
        (AssistantWindow, "write", "topic"),
    ],
)
def test_a_key_in_a_field_that_is_shown_again_is_nowhere(
    session: Any,
    outbound: list[object],
    window: type[CostsWindow] | type[AssistantWindow],
    action: str,
    field: str,
) -> None:
    opened = window(session, at_once)
    fields = {"soft": "", field: f"ecco: {SECRET}"}
    click(opened, action, None, **fields)
    assert f"sk-…{SECRET[-4:]}" in opened.html  # so that the person sees what became of it
    assert SECRET not in opened.html
    assert SECRET not in str(outbound)
    assert SECRET not in repr(vars(opened))


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_large_a_file_may_be_is_the_same_in_the_page_in_a_card_and_beside_each_field(
    language: str,
) -> None:
    most = f"{MOST_MEGABYTES} MB"
    assert f"LARGEST_FILE = {MOST_MEGABYTES}_000_000;" in (HERE / "view.js").read_text("utf-8")
    for name in ("posts.batch.too_large", "costs.bill.too_large", "assistant.picture.own_label"):
        assert most in Texts(language)(name), name
