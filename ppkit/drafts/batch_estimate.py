"""What a batch would take: who pays for each call, in the order in which they will be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ppkit.ai_assistant import Estimate, Purse
from ppkit.drafts.batch_rows import BatchItem
from ppkit.drafts.batch_values import BatchEstimate, Kind, KnownLimits, LinkedKey, PostWriter, ShortLimit
from ppkit.keys import ApiKey
from ppkit.money import ZERO, Money
from ppkit.spending.budget import WhatIf

TagsOf = Callable[[str], Mapping[str, str]]  # by the client


def estimate_of(
    batch_id: int,
    items: Sequence[BatchItem],
    writer: PostWriter,
    linked: LinkedKey,
    *,
    tags_of: TagsOf,
    limits: KnownLimits | None,
) -> BatchEstimate:
    """Nothing is sent. Credits pay as long as they last, unless a linked key is preferred."""
    purses, has_key = writer.purses, linked.linked_key is not None
    by_key_first = has_key and purses.preferred is Purse.OWN_KEY
    left, taken = purses.left(), 0
    paid: dict[Kind, dict[Purse | None, int]] = {
        "text": {Purse.PLAN: 0, Purse.OWN_KEY: 0, None: 0},
        "image": {Purse.PLAN: 0, Purse.OWN_KEY: 0, None: 0},
    }
    costs: list[tuple[str, Money | None]] = []
    for item, kind in _calls(items):
        price = purses.price(kind)
        purse: Purse | None = Purse.OWN_KEY if has_key else None
        if not by_key_first and 0 < price <= left - taken:
            purse, taken = Purse.PLAN, taken + price
        paid[kind][purse] += 1
        if purse is Purse.OWN_KEY:
            costs.append((item.post.client, _estimate(writer, item, kind).highest_cost))
    known = [(client, cost) for client, cost in costs if cost is not None]
    asked = _asked(known, linked.linked_key, tags_of, limits) if known and limits else []
    return BatchEstimate(
        batch_id=batch_id,
        posts=len(items),
        by_plan=paid["text"][Purse.PLAN],
        by_key=paid["text"][Purse.OWN_KEY],
        unpaid=paid["text"][None],
        unpriced=len(costs) - len(known),
        credits=taken,
        highest_cost=_sum(known),
        images=sum(paid["image"].values()),
        unpaid_images=paid["image"][None],
        what_if=_together([found for _cost, found in asked]) if asked else None,
        short=_short(asked),
    )


def _sum(costs: Iterable[tuple[str, Money]]) -> Money:
    return sum((cost for _client, cost in costs), ZERO)


def _asked(
    costs: Sequence[tuple[str, Money]], key: ApiKey | None, tags_of: TagsOf, limits: KnownLimits
) -> list[tuple[Money, WhatIf]]:
    """The whole sum at the limits of everything and of the key; at those of a tag, its own part."""
    by_tag: dict[tuple[str, str], Money] = {}
    for client, cost in costs:
        for tag in tags_of(client).items():
            by_tag[tag] = by_tag.get(tag, ZERO) + cost
    whole = _sum(costs)
    parts = [(cost, limits.what_if(cost, tags=dict([tag]))) for tag, cost in by_tag.items()]
    return [(whole, limits.what_if(whole, key=key)), *parts]


def _short(asked: Sequence[tuple[Money, WhatIf]]) -> tuple[ShortLimit, ...]:
    """That of everything is asked for each part, too: the whole sum, which comes first, is what counts."""
    short: dict[tuple[str, str], ShortLimit] = {}
    for cost, found in asked:
        for limit in found.in_the_way:
            one = ShortLimit(limit.scope, cost, limit.left or ZERO)
            short.setdefault((limit.scope, limit.period), one)
    return tuple(short.values())


def _together(found: Sequence[WhatIf]) -> WhatIf:
    """What is left is that of the limits in the way; where none is, of all."""
    in_the_way = {(limit.scope, limit.period): limit for one in found for limit in one.in_the_way}
    limits_left = [limit.left for limit in in_the_way.values()] or [one.left for one in found]
    return WhatIf(
        min((left for left in limits_left if left is not None), default=None),
        tuple(dict.fromkeys(scope for one in found for scope in one.blocked_by)),
        tuple(dict.fromkeys(scope for one in found for scope in one.notified_by)),
        tuple(in_the_way.values()),
    )


def _calls(items: Sequence[BatchItem]) -> Iterator[tuple[BatchItem, Kind]]:
    for item in items:
        if item.draft_id is None:
            yield item, "text"
        if item.post.image:
            yield item, "image"


def _estimate(writer: PostWriter, item: BatchItem, kind: Kind) -> Estimate:
    """An image is drawn for the brief, not for the text, so that its price is known before that is there."""
    if kind == "text":
        return writer.estimate_post(item.post.brief)
    return writer.estimate_image(item.post.brief, quality=item.post.image or "low")
