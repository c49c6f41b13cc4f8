"""What uncertain calls have cost by the platform's figures. Pure arithmetic; nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ppkit.money import Money
from ppkit.spending.ledger import Mark, UncertainCall
from ppkit.spending.usage import Usage


@dataclass(frozen=True, slots=True)
class Settling:
    """What an uncertain call has cost by the platform's figures; estimated where they are of several.

    `usage` are its tokens, where they are this one call's.
    """

    call_id: str
    cost: Money
    mark: Mark | None
    usage: Usage | None = None


def settlings_of(
    calls: Sequence[UncertainCall],
    rest: int,
    more_calls: int | None,
    expected: int | None,
    *,
    tells_tokens: bool,
    is_ours: bool,
) -> tuple[Settling, ...]:
    """What the uncertain calls of a day and model have cost, where the figures leave no other reading.

    Together they are `rest`. Nothing more was billed, nor any call more, by figures that are surely of this
    account (`is_ours`): they were free. As many calls more as are uncertain, or fewer, for no more than these
    could cost, and for what their tokens cost (`expected`): it was they. Which of several, and how it is
    shared out, the figures do not say.
    """
    if not calls:
        return ()
    if rest == 0 and more_calls == 0:
        if not is_ours:
            return ()
        return tuple(Settling(one.call.id, Money(0), None) for one in calls)
    if more_calls is None or not 1 <= more_calls <= len(calls) or expected != rest:
        return ()
    ceilings = [one.at_most.pico_usd for one in calls]
    if not 0 <= rest <= sum(sorted(ceilings)[-more_calls:]):
        return ()
    mark: Mark | None = None if len(calls) == 1 and tells_tokens else "estimated"
    shares = shared_out(rest, ceilings)
    return tuple(Settling(one.call.id, Money(share), mark) for one, share in zip(calls, shares, strict=True))


def shared_out(whole: int, weights: Sequence[int]) -> list[int]:
    """Whole parts that add up to the whole, each within one of its share by weight, and never above its
    weight where the whole is no more than all weights together.
    """
    total = sum(weights)
    if not total:
        return [whole, *[0] * (len(weights) - 1)]
    shares = [whole * weight // total for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda place: (-(whole * weights[place] % total), place))
    for place in by_rest[: whole - sum(shares)]:
        shares[place] += 1
    return shares
