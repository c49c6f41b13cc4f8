"""What the same tokens would have cost on another model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ppkit.money import ZERO, Money
from ppkit.spending.cost import cost_of
from ppkit.spending.ledger.report import Report
from ppkit.spending.ledger.tables import TOKENS
from ppkit.spending.prices import PriceCatalogue, UnknownPrice
from ppkit.spending.usage import ImpossibleUsage, Usage

TEXT_KINDS = frozenset({"responses", "chat"})


@dataclass(frozen=True, slots=True)
class OtherModel:
    """`cost` for the same tokens at today's price, which is what the calls that can be moved `paid` is held
    against.
    """

    model: str
    cost: Money
    paid: Money

    @property
    def difference(self) -> Money:
        return self.cost - self.paid


def on_other_models(
    report: Report, models: Iterable[str], catalogue: PriceCatalogue, at: datetime
) -> tuple[list[OtherModel], Money]:
    """From a report by model and kind: each of the models that has a price, the cheapest first; and what was
    paid for images, which no text model makes and which is left out.

    About, not exact: another model counts and writes other tokens, the price is the usual one of today, and
    what long contexts and hosted tools add is not in it.
    """
    texts = [row for row in report.rows if row["kind"] in TEXT_KINDS and not row["image_output_tokens"]]
    paid = Money(sum(int(row["cost_pico_usd"] or 0) for row in texts))
    whole = sum(report.figures["cost_pico_usd"])
    try:
        usage = Usage(**{name: sum(int(row[name] or 0) for row in texts) for name in TOKENS})
    except ImpossibleUsage:  # what was reported of single calls may contradict itself
        return [], Money(whole)
    found = []
    for model in dict.fromkeys(models):
        try:
            price = catalogue.price_of(model, at)
        except UnknownPrice:
            continue
        if price.rates.output == ZERO or price.rates.image_output != price.rates.output:
            continue  # it writes no text
        cost = cost_of(usage, replace(price, long_context_over=None)).total
        found.append(OtherModel(model, cost, paid))
    return sorted(found, key=lambda one: (one.cost, one.model)), Money(whole) - paid
