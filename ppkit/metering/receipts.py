"""What a call cost, as handed to the user who made it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ppkit.money import Money
from ppkit.spending.cost import Cost
from ppkit.spending.ledger import Mark
from ppkit.spending.usage import Usage


@dataclass(frozen=True, slots=True)
class Receipt:
    """One HTTP attempt that cost something, or may have.

    `reserved` is what the ledger held for it, `capped_output_tokens` the bound that was put on the answer
    because the hard limit left no more, `parts` the cost part by part when the usage is known. `price_from`
    says whose price was asked for: the list's with its version, or the user's own, with a discount.
    """

    call_id: str
    model: str
    endpoint: str
    cost: Money
    reserved: Money
    ceiling: Money
    usage: Usage | None
    parts: Cost | None
    capped_output_tokens: int | None
    mark: Mark | None
    waited_seconds: float
    price_from: str = ""


Receipts = list[Receipt]
COLLECTORS: ContextVar[tuple[Receipts, ...]] = ContextVar("ppkit_receipts", default=())
"""The lists that want the receipts of calls made here."""


@contextmanager
def collect_receipts() -> Iterator[Receipts]:
    """The receipts of the calls made inside, in the order in which they were settled.

    A stream's receipt arrives when the stream ends, even after the block. Blocks nest: the outer sees all.
    """
    receipts: Receipts = []
    token = COLLECTORS.set((*COLLECTORS.get(), receipts))
    try:
        yield receipts
    finally:
        COLLECTORS.reset(token)
