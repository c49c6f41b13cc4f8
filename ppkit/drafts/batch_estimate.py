"""What a batch would take: who pays for each call, in the order in which they will be made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ppkit.ai_assistant import Estimate, Purse
from ppkit.drafts.batch_rows import BatchItem
from ppkit.drafts.batch_values import BatchEstimate, Kind, LinkedKey, PostWriter
from ppkit.money import ZERO


def estimate_of(
    batch_id: int, items: Sequence[BatchItem], writer: PostWriter, linked: LinkedKey
) -> BatchEstimate:
    """Nothing is sent. Credits pay as long as they last, unless a linked key is preferred."""
    purses, has_key = writer.purses, linked.linked_key is not None
    by_key_first = has_key and purses.preferred is Purse.OWN_KEY
    left, taken = purses.left(), 0
    paid: dict[Kind, dict[Purse | None, int]] = {
        "text": {Purse.PLAN: 0, Purse.OWN_KEY: 0, None: 0},
        "image": {Purse.PLAN: 0, Purse.OWN_KEY: 0, None: 0},
    }
    costs = []
    for item, kind in _calls(items):
        price = purses.price(kind)
        purse: Purse | None = Purse.OWN_KEY if has_key else None
        if not by_key_first and 0 < price <= left - taken:
            purse, taken = Purse.PLAN, taken + price
        paid[kind][purse] += 1
        if purse is Purse.OWN_KEY:
            costs.append(_estimate(writer, item, kind).highest_cost)
    known = [cost for cost in costs if cost is not None]
    return BatchEstimate(
        batch_id=batch_id,
        posts=len(items),
        by_plan=paid["text"][Purse.PLAN],
        by_key=paid["text"][Purse.OWN_KEY],
        unpaid=paid["text"][None],
        unpriced=len(costs) - len(known),
        credits=taken,
        highest_cost=sum(known, ZERO),
        images=sum(paid["image"].values()),
        unpaid_images=paid["image"][None],
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
