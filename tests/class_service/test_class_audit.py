"""The audit of a load is worth something only where it finds what it is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmarks.class_audit import Ended, Findings, compared, stranded, unexplained
from benchmarks.open_loop import CUT_OFF, TEXT_MODEL, Ask, Sent

KILLED, LIVED = "http://killed/v1", "http://lived/v1"
KILLED_AT_SECONDS = 2.0
COST = 5
ASKS = [Ask(at, 0, "response", (TEXT_MODEL, words)) for at, words in ((0.0, 1), (1.0, 2), (3.0, 3))]
BOOK = [(ask.signature, COST) for ask in ASKS]
SENT = [
    Sent(ASKS[0], KILLED, 200, "", 0, 0, 100),
    Sent(ASKS[1], KILLED, CUT_OFF, "cut_off", 0, 0, 1000),
    Sent(ASKS[2], LIVED, 200, "", 0, 0, 100),
]
ENTRIES = [
    Ended("a", "settle", COST, None, ASKS[0].signature, TEXT_MODEL, "Vega"),
    Ended("b", "expire", COST + 1, "process_gone", None, TEXT_MODEL, "Vega"),
    Ended("c", "settle", COST, None, ASKS[2].signature, TEXT_MODEL, "Vega"),
]
EXPIRED = replace(ENTRIES[1], call_id="d")


def wrong(entries: Sequence[Ended], sent: Sequence[Sent]) -> str:
    found: Findings = compared(BOOK, entries, ASKS, ["Vega"])
    return "; ".join([*found.wrong, *unexplained(found, sent, KILLED, KILLED_AT_SECONDS)])


def test_a_call_cut_off_with_the_killed_gateway_may_be_uncertain() -> None:
    assert wrong(ENTRIES, SENT) == ""


def test_an_answer_just_before_its_gateway_was_killed_may_be_uncertain() -> None:
    sent = [SENT[0], replace(SENT[1], status=200, done_ms=900), SENT[2]]
    assert wrong(ENTRIES, sent) == ""


@pytest.mark.parametrize(
    ("entries", "sent", "said"),
    [
        (ENTRIES[:2], SENT, "billed, and in no entry"),
        ([*ENTRIES[:2], EXPIRED], SENT, "answered, and not counted"),
        ([EXPIRED, *ENTRIES[1:]], SENT, "answered, and not counted"),
        ([*ENTRIES, replace(ENTRIES[2], call_id="d")], SENT, "not (or twice) billed"),
        ([*ENTRIES, EXPIRED], SENT, "1 uncertain calls that were not billed, at most 0"),
        ([*ENTRIES[:2], replace(EXPIRED, why="no_answer")], SENT, "nobody knows what it cost"),
        (ENTRIES, [*SENT[:2], replace(SENT[2], url=LIVED, status=429)], "neither answered nor cut off"),
        (ENTRIES, [SENT[0], replace(SENT[1], url=LIVED), SENT[2]], "cut off, and its gateway was not killed"),
        (ENTRIES, [*SENT, replace(SENT[2], status=502)], "answered 502"),
    ],
)
def test_what_is_lost_or_counted_twice_is_found(
    entries: Sequence[Ended], sent: Sequence[Sent], said: str
) -> None:
    assert said in wrong(entries, sent)


def test_what_a_gateway_holds_after_a_peaceful_end_is_found() -> None:
    held = [("a", "machine/7/1"), ("b", "machine/8/1")]
    assert list(stranded(held, 7, SENT)) == ["held by a gateway that was not killed: b"]
    assert list(stranded(held[:1], 7, SENT)) == []
