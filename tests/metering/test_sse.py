"""The stream watch: whatever the cuts, the same bytes out and the same reports found."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ppkit.metering.sse import Event, UsageWatch

from .fake_platform import chat_events, event, response_body, response_events

TEXTS = st.text(max_size=12) | st.sampled_from(
    ['"usage":{', '"usage":null', ',"usage":null', "data: [DONE]", "☕\r\n\n"]
)
STREAMS = st.builds(
    lambda texts, chat, include_usage, line_end: b"".join(
        chat_events(7, 5, include_usage=include_usage, deltas=texts)
        if chat
        else response_events(response_body(7, 5), deltas=texts)
    ).replace(b"\n", line_end),
    st.lists(TEXTS, max_size=6),
    st.booleans(),
    st.booleans(),
    st.sampled_from([b"\n", b"\r\n"]),
)


def watched(pieces: list[bytes], *, hide: bool) -> tuple[bytes, list[Event], int]:
    found: list[Event] = []
    watch = UsageWatch(found.append, hide=hide)
    out = b"".join([*map(watch.feed, pieces), watch.finish()])
    assert watch.seen is not None
    return out, found, watch.seen.text_bytes()


@st.composite
def cut(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = draw(STREAMS)
    places = draw(st.lists(st.integers(0, len(stream)), max_size=12).map(sorted))
    return stream, [stream[start:end] for start, end in pairwise([0, *places, len(stream)])]


@given(cut(), st.booleans())
def test_a_stream_in_pieces_gives_what_it_gives_in_one(
    stream_and_pieces: tuple[bytes, list[bytes]], hide: bool
) -> None:
    stream, pieces = stream_and_pieces
    assert watched(pieces, hide=hide) == watched([stream], hide=hide)


@given(cut())
def test_without_hiding_every_byte_passes_at_once(stream_and_pieces: tuple[bytes, list[bytes]]) -> None:
    _, pieces = stream_and_pieces
    watch = UsageWatch(lambda _event: None)
    assert [watch.feed(piece) for piece in pieces] == pieces


@given(st.lists(TEXTS, max_size=6))
def test_hiding_leaves_what_would_have_come_without_asking(texts: list[str]) -> None:
    asked = b"".join(chat_events(7, 5, include_usage=True, deltas=texts))
    unasked = b"".join(chat_events(7, 5, include_usage=False, deltas=texts))
    shown, found, _ = watched([asked], hide=True)
    assert shown == unasked
    assert [event["usage"]["completion_tokens"] for event in found] == [5]


@given(st.lists(TEXTS, max_size=6), st.booleans())
def test_the_text_seen_is_counted_in_bytes(texts: list[str], chat: bool) -> None:
    events = (
        chat_events(7, 5, include_usage=True, deltas=texts)
        if chat
        else response_events(response_body(7, 5), deltas=texts)
    )
    assert watched(events, hide=False)[2] == sum(len(text.encode()) for text in texts)


def test_a_very_long_stream_is_counted_without_being_kept() -> None:
    watch = UsageWatch(lambda _event: None)
    line = event({"type": "response.output_text.delta", "delta": "x" * 100_000})
    for _ in range(50):
        watch.feed(line[:70_000])
        watch.feed(line[70_000:])
    assert watch.seen is not None
    assert watch.seen.text_bytes() == 5_000_000
    assert watch.seen.kept_bytes < 200_000


def test_a_line_in_a_thousand_pieces_is_put_together_once() -> None:
    line = event({"type": "image_generation.completed", "b64_json": "A" * 4_000_000, "usage": {"x": 1}})
    found: list[Event] = []
    watch = UsageWatch(found.append, keep_seen=False)
    for start in range(0, len(line), 4_000):
        watch.feed(line[start : start + 4_000])
    assert [len(json.dumps(each["usage"])) for each in found] == [8]


def test_what_is_no_event_is_passed_and_not_read() -> None:
    odd = b': "usage":{ a comment\nretry: 1\ndata: {"usage":{"broken\ndata: ["usage"]\n\n'
    assert watched([odd], hide=False) == (odd, [], 0)
    assert watched([odd], hide=True) == (odd, [], 0)
