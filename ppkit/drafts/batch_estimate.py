"""What a batch would take: who pays for each call, in the order in which they will be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ppkit.ai_assistant import Estimate, Purse
from ppkit.drafts.batch_rows import BatchItem
from ppkit.drafts.batch_values import BatchEstimate, Kind, KnownLimits, LinkedKey, PostWriter
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
        what_if=_what_if(known, linked.linked_key, tags_of, limits) if known and limits else None,
    )


def _sum(costs: Iterable[tuple[str, Money]]) -> Money:
    return sum((cost for _client, cost in costs), ZERO)


def _what_if(
    costs: Sequence[tuple[str, Money]], key: ApiKey | None, tags_of: TagsOf, limits: KnownLimits
) -> WhatIf:
    """The whole sum at the limits of everything and of the key; at those of a tag, its own part."""
    by_tag: dict[tuple[str, str], Money] = {}
    for client, cost in costs:
        for tag in tags_of(client).items():
            by_tag[tag] = by_tag.get(tag, ZERO) + cost
    found = [limits.what_if(_sum(costs), key=key)]
    found += [limits.what_if(cost, tags=dict([tag])) for tag, cost in by_tag.items()]
    left = [one.left for one in found if one.left is not None]
    return WhatIf(
        min(left, default=None),
        tuple(dict.fromkeys(scope for one in found for scope in one.blocked_by)),
        tuple(dict.fromkeys(scope for one in found for scope in one.notified_by)),
        tuple(limit for one in found for limit in one.in_the_way),
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
