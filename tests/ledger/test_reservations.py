"""A reservation's life: reserved, then settled, released or expired, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.cost import Cost
from ppkit.spending.ledger import (
    AlreadyEnded,
    AmountTooLarge,
    Call,
    DuplicateCall,
    InvalidTag,
    Ledger,
    Totals,
    UnknownCall,
)

from .examples import USAGE, call, usd

ZERO = Money(0)


def expire_all(ledger: Ledger) -> None:
    ledger.clock.sleep(timedelta(hours=1).total_seconds())
    assert ledger.expire() == 1


ENDINGS: dict[str, Callable[[Ledger], object]] = {
    "settled": lambda ledger: ledger.settle("a", usd("0.01")),
    "released": lambda ledger: ledger.release("a"),
    "expired": expire_all,
}


def test_a_reservation_counts_at_once(ledger: Ledger) -> None:
    reservation = ledger.reserve(call("a"), usd("0.02"))
    assert reservation.amount == usd("0.02")
    assert reservation.in_full
    assert ledger.totals() == Totals(spent=ZERO, reserved=usd("0.02"), calls=0, uncertain=ZERO)
    assert ledger.entry("a").state == "reserved"


def test_settling_puts_the_true_cost_in_the_place_of_the_ceiling(ledger: Ledger) -> None:
    ledger.reserve(call("a"), usd("0.02"))
    ledger.settle("a", usd("0.005"), USAGE)
    assert ledger.totals() == Totals(spent=usd("0.005"), reserved=ZERO, calls=1, uncertain=ZERO)


def test_an_entry_tells_the_whole_story_of_a_call(ledger: Ledger, clock: ManualClock) -> None:
    begun = clock.now()
    ledger.reserve(call("a", client="cliente-a"), usd("0.02"))
    clock.advance(timedelta(seconds=3))
    ledger.settle("a", usd("0.005"), USAGE, mark="estimated")
    entry = ledger.entry("a")
    assert entry.call == Call("a", "gpt-5.2", "…WXYZ", "responses", {"client": "cliente-a"})
    assert (entry.state, entry.mark, entry.usage) == ("settled", "estimated", USAGE)
    assert (entry.reserved, entry.cost) == (usd("0.02"), usd("0.005"))
    assert (entry.reserved_at, entry.ended_at) == (begun, begun + timedelta(seconds=3))


def test_what_is_counted_at_its_ceiling_can_be_told_from_what_was_estimated(ledger: Ledger) -> None:
    for call_id, mark in (("a", "ceiling"), ("b", "estimated"), ("c", None)):
        ledger.reserve(call(call_id), usd("0.02"))
        ledger.settle(call_id, usd("0.02"), mark=mark)  # type: ignore[arg-type]
    assert [ledger.entry(call_id).mark for call_id in "abc"] == ["ceiling", "estimated", None]
    totals = ledger.totals()
    assert (totals.spent, totals.ceiling, totals.estimated) == (usd("0.06"), usd("0.02"), usd("0.02"))
    assert totals.uncertain == ZERO
    assert ledger.audit() == []


def test_the_parts_of_a_cost_are_kept(ledger: Ledger) -> None:
    parts = dict.fromkeys(
        ("cached", "cache_write", "image_input", "cached_image", "image_output", "tools"), ZERO
    )
    cost = Cost(input=Money(100), output=Money(23), total=Money(123), **parts)
    ledger.reserve(call("a"), Money(200))
    ledger.settle("a", cost, USAGE)
    assert ledger.entry("a").cost == Money(123)
    assert ledger.entry("a").cost_parts == {"input": Money(100), "output": Money(23)}


def test_releasing_gives_everything_back_and_counts_no_call(ledger: Ledger) -> None:
    ledger.reserve(call("a"), usd("0.02"))
    ledger.release("a")
    assert ledger.totals() == Totals(ZERO, ZERO, 0, ZERO)
    assert ledger.entry("a").state == "released"


@pytest.mark.parametrize("second", ENDINGS)
@pytest.mark.parametrize("first", ENDINGS)
def test_a_reservation_ends_only_once(ledger: Ledger, first: str, second: str) -> None:
    ledger.reserve(call("a"), usd("0.02"))
    ENDINGS[first](ledger)
    before = ledger.totals()
    if second == "expired":
        ledger.clock.sleep(timedelta(hours=1).total_seconds())
        assert ledger.expire() == 0
    else:
        with pytest.raises(AlreadyEnded):
            ENDINGS[second](ledger)
    assert ledger.totals() == before
    assert ledger.entry("a").state == first


def test_a_call_id_reserves_only_once(ledger: Ledger) -> None:
    ledger.reserve(call("a"), usd("0.02"))
    with pytest.raises(DuplicateCall):
        ledger.reserve(call("a"), usd("0.02"))
    ledger.settle("a", usd("0.01"))
    with pytest.raises(DuplicateCall):
        ledger.reserve(call("a"), usd("0.02"))
    assert ledger.totals().reserved == ZERO


def test_an_unknown_call_cannot_end(ledger: Ledger) -> None:
    for end in (lambda: ledger.settle("x", ZERO), lambda: ledger.release("x"), lambda: ledger.entry("x")):
        with pytest.raises(UnknownCall):
            end()


def test_a_cost_above_its_reservation_is_written_and_marked(ledger: Ledger) -> None:
    ledger.reserve(call("a"), usd("0.02"))
    ledger.settle("a", usd("0.03"), USAGE)
    assert (ledger.entry("a").cost, ledger.entry("a").mark) == (usd("0.03"), "overrun")
    assert ledger.totals() == Totals(usd("0.03"), ZERO, 1, ZERO, overrun=usd("0.03"))


def test_a_cost_of_exactly_its_reservation_is_no_overrun(ledger: Ledger) -> None:
    ledger.reserve(call("a"), usd("0.02"))
    ledger.settle("a", usd("0.02"), USAGE)
    assert ledger.entry("a").mark is None


def test_one_pico_dollar_is_counted(ledger: Ledger) -> None:
    ledger.reserve(call("a"), Money(1))
    ledger.settle("a", Money(1))
    assert ledger.totals().spent == Money(1)


def test_the_order_of_tags_does_not_matter(ledger: Ledger) -> None:
    for call_id, tags in (("a", {"x": "1", "y": "2"}), ("b", {"y": "2", "x": "1"})):
        ledger.reserve(Call(call_id, "m", "k", "chat", tags), Money(5))
        ledger.settle(call_id, Money(5))
    assert [row["calls"] for row in ledger.report(["tag:x", "tag:y"])] == [2]


@pytest.mark.parametrize(
    ("name", "value"), [("a=b", "c"), ("", "c"), ("a", ""), ("a b", "c"), ("a", "c" * 201)]
)
def test_a_tag_that_could_be_taken_for_another_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidTag):
        Call("a", "m", "k", "chat", {name: value})


@pytest.mark.parametrize("value", ["a\0b", "a\nb", "\x1b[2J", "\x7f", "\x9b", "\ud800"])
def test_a_tag_with_a_control_character_is_refused_and_not_sent_to_the_terminal(value: str) -> None:
    with pytest.raises(InvalidTag) as refused:
        Call("a", "m", "k", "chat", {"client": value})
    assert str(refused.value.facts["value"]).isprintable()


def test_a_tag_may_hold_any_character_that_can_be_read(ledger: Ledger) -> None:
    value = "Caffè\u00a0“Così” 👩‍🍳"
    ledger.reserve(Call("a", "m", "k", "chat", {"client": value}), Money(5))
    ledger.settle("a", Money(5))
    assert [row["tag:client"] for row in ledger.report(["tag:client"])] == [value]


def test_a_negative_amount_is_a_mistake(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="negative"):
        ledger.reserve(call("a"), Money(-1))
    ledger.reserve(call("a"), Money(1))
    with pytest.raises(ValueError, match="negative"):
        ledger.settle("a", Money(-1))


def test_an_amount_beyond_64_bits_is_refused(ledger: Ledger) -> None:
    with pytest.raises(AmountTooLarge):
        ledger.reserve(call("a"), Money(2**63))


def test_a_sum_beyond_64_bits_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    ledger.reserve(call("a"), Money(2**63 - 1))
    with pytest.raises(AmountTooLarge):
        ledger.reserve(call("b"), Money(1))
    assert ledger.totals().reserved == Money(2**63 - 1)
    with pytest.raises(UnknownCall):
        ledger.entry("b")


def test_the_usage_is_read_back_figure_by_figure(ledger: Ledger) -> None:
    ledger.reserve(call("a"), Money(10))
    ledger.settle("a", Money(10), USAGE)
    usage = ledger.entry("a").usage
    assert usage is not None
    assert asdict(usage) == asdict(USAGE)
