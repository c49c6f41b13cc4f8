"""Prices of another list, taken over into the user's own file on request, from today on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, Context, Decimal
from pathlib import Path

from ppkit.errors import PpkitError
from ppkit.files import write_private
from ppkit.keys.key_refusal import refuse_keys
from ppkit.spending.own_prices import read_own_prices
from ppkit.spending.price_comparison import PriceMap, long_context_in, prices_in

_UP = Context(prec=12, rounding=ROUND_CEILING)


class PriceNotThere(PpkitError):
    """The other list has no price of this model, or none of its output. Facts: model."""

    code = "price_not_there"


def take_prices(
    path: Path, theirs: PriceMap, models: Sequence[str], day: date, source: str
) -> tuple[str, ...]:
    """Add the other list's prices of these models to the file; they hold from this day on.

    `theirs` is the other list. What was counted before stays as it was; what was taken on this day already is
    not written twice. Raises PriceNotThere, KeyInText, and
    what `read_own_prices` raises; then the file is as before.
    """
    refuse_keys("prices", models, source)
    read_own_prices(path)
    text = path.read_text("utf-8") if path.is_file() else ""
    for model in dict.fromkeys(models):
        entry = _entry(theirs, model, day, source)
        text = text if entry in text else f"{text}{entry}"
    trial = path.with_name(f"{path.name}.new")
    write_private(trial, text.encode())
    try:
        read_own_prices(trial)
    except PpkitError:
        trial.unlink()
        raise
    trial.replace(path)
    return tuple(dict.fromkeys(models))


def _entry(theirs: PriceMap, model: str, day: date, source: str) -> str:
    prices = prices_in(theirs, model)
    if not {"input", "output"} <= prices.keys():
        raise PriceNotThere(model=model)
    lines = [f"{kind} = {json.dumps(_per_million(amount))}" for kind, amount in prices.items()]
    lines += _long_context(theirs, model, prices)
    note = json.dumps(f"{source}, {day.isoformat()}"[:80], ensure_ascii=False)
    named = f"models = [{json.dumps(model)}]"
    return "\n".join(["", "[[price]]", named, *lines, f"from = {day.isoformat()}", f"note = {note}", ""])


def _long_context(theirs: PriceMap, model: str, prices: Mapping[str, Decimal]) -> list[str]:
    """The other list's surcharge on long requests; where it names none, that of the package's list holds."""
    longer = long_context_in(theirs, model)
    if longer is None or not (prices["input"] and prices["output"]):
        return []
    times = {kind: f"{_UP.divide(longer[kind], prices[kind]):f}" for kind in ("input", "output")}
    factors = f'times_input = "{times["input"]}", times_output = "{times["output"]}"'
    return [f"long_context = {{over = {longer['over']:f}, {factors}}}"]


def _per_million(pico_usd: Decimal) -> str:
    return f"{pico_usd / 10**6:f}"
