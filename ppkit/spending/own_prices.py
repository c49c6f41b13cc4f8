"""The user's own prices and discounts, read from a file: what a contract says, or a model the list lacks.

```toml
[[price]]
models = ["my-model"]
input = "0.50"            # USD per million tokens, as text
output = "2.00"           # "0" where there is none; also: cached, cache_write, image_input, cached_image,
                          #   image_output
from = 2026-11-01         # first day (UTC); left out: always
tiers = {priority = "2"}  # times these; a tier that is left out has the list's own price, if there is one
long_context = {over = 272000, times_input = "2", times_output = "1.5"}  # left out: the list's surcharge
note = "contract 2026"    # shown on receipts

[[discount]]
models = ["gpt-6-*"]      # "*" at the end: every model that begins so
percent = "12.5"
from = 2026-11-01
until = 2026-12-31        # last day
note = "agency agreement"
```

A discount is taken from the list's prices, not from the user's own, and not from the fees of hosted tools.
Each price of a token is then rounded up to a whole pico-dollar, so that nothing is counted too low.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from ppkit.errors import PpkitError
from ppkit.files import text_encoding
from ppkit.keys.key_refusal import refuse_keys
from ppkit.money import Money
from ppkit.spending import price_sources as sources
from ppkit.spending.token_rates import USERS_OWN, Price, Rates

KINDS = ("input", "cached", "cache_write", "output", "image_input", "cached_image", "image_output")
PERCENT_PARTS = 10_000  # a percentage has at most four decimals
LARGEST_FILE = 2**20


class OwnPricesFaulty(PpkitError):
    """The file of own prices is not as it should be; nothing is counted with it. Facts: path, place, reason.

    `place` is such as "price 2, input"; `reason` is the parser's, in English.
    """

    code = "own_prices_faulty"


class OwnPricesUnreadable(PpkitError):
    """The file of own prices cannot be read. Facts: path."""

    code = "own_prices_unreadable"


Amount = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,12})?$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Note = Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)]
_STRICT = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _LongContext(BaseModel):
    model_config = _STRICT
    over: Annotated[int, Field(ge=1, le=10**9, strict=True)]
    times_input: Amount
    times_output: Amount


class _PriceEntry(BaseModel):
    model_config = _STRICT
    models: list[Name] = Field(min_length=1)
    input: Amount
    output: Amount
    cached: Amount | None = None
    cache_write: Amount | None = None
    image_input: Amount | None = None
    cached_image: Amount | None = None
    image_output: Amount | None = None
    first_day: date | None = Field(default=None, alias="from")
    tiers: dict[Annotated[str, StringConstraints(pattern="^(flex|batch|priority)$")], Amount] = {}
    long_context: _LongContext | None = None
    note: Note = ""


class _DiscountEntry(BaseModel):
    model_config = _STRICT
    models: list[Name] = Field(min_length=1)
    percent: Annotated[str, StringConstraints(pattern=r"^\d{1,2}(\.\d{1,4})?$")]
    first_day: date | None = Field(default=None, alias="from")
    last_day: date | None = Field(default=None, alias="until")
    note: Note = ""


class _File(BaseModel):
    model_config = _STRICT
    price: list[_PriceEntry] = []
    discount: list[_DiscountEntry] = []


@dataclass(frozen=True, slots=True)
class OwnPrices:
    """What one file says; nothing where there is none."""

    rows: tuple[Mapping[str, Any], ...] = ()
    discounts: tuple[_DiscountEntry, ...] = ()

    def models(self) -> set[str]:
        """Every model with a price of the user's own."""
        return {model for row in self.rows for model in row["models"]}

    def row(self, model: str, tier: str, day: date) -> tuple[sources.PriceRow, str] | None:
        """The user's own price of this day, and whose it is."""
        found = sources.overlay_row({"prices": self.rows}, model, tier, day)
        return None if found is None else (replace(found, source=USERS_OWN), found.source)

    def discounted(self, price: Price, day: date) -> Price:
        """The list's price less the user's discount of this day; of several the last one in the file."""
        fitting = [one for one in self.discounts if _is_meant(one, price) and _holds_on(one, day)]
        if not fitting:
            return price
        entry = fitting[-1]
        long = price.long_context_rates
        return replace(
            price,
            rates=_less(price.rates, entry.percent),
            long_context_rates=None if long is None else _less(long, entry.percent),
            note=" ".join(filter(None, [f"-{entry.percent}%", entry.note])),
        )


def read_own_prices(path: Path) -> OwnPrices:
    """The prices in this file; none where it is missing. Raises OwnPricesUnreadable, OwnPricesFaulty,
    PriceTooFine, KeyInText.
    """
    try:
        if not path.is_file():
            return OwnPrices()
        if path.stat().st_size > LARGEST_FILE:
            raise OwnPricesUnreadable(path=str(path))
        text = path.read_text(encoding=text_encoding(path))
        refuse_keys("prices", text)
        written = tomllib.loads(text)
    except (OSError, UnicodeError) as error:
        raise OwnPricesUnreadable(path=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise OwnPricesFaulty(path=str(path), place="TOML", reason=str(error)[:80]) from None
    try:
        found = TypeAdapter(_File).validate_python(written)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise OwnPricesFaulty(path=str(path), place=_place(first["loc"]), reason=first["msg"]) from None
    rows = tuple(_row(entry, path.name) for entry in found.price)
    for row in rows:  # now, rather than at the first call
        for model in row["models"]:
            for tier in ("default", *row["tiers"]):
                sources.overlay_row({"prices": [row]}, model, tier, date.max)
    return OwnPrices(rows, tuple(found.discount))


def _row(entry: _PriceEntry, file: str) -> Mapping[str, Any]:
    """In the form of the package's own overlay."""
    amounts = {kind: amount for kind in KINDS if (amount := getattr(entry, kind)) is not None}
    return {
        "models": entry.models,
        "usd_per_million": amounts,
        "valid_from": (entry.first_day or date.min).isoformat(),
        "tiers": entry.tiers,
        "long_context": None if entry.long_context is None else entry.long_context.model_dump(),
        "source": entry.note or file,
        "read_on": file if entry.note else "",
    }


def _place(where: Sequence[int | str]) -> str:
    """ "price 2, input": entries are counted from one."""
    table, *rest = where or ("–",)
    number = f" {int(rest[0]) + 1}" if rest and isinstance(rest[0], int) else ""
    inner = [str(part) for part in rest if not isinstance(part, int)]
    return ", ".join([f"{table}{number}", *inner])


def _is_meant(entry: _DiscountEntry, price: Price) -> bool:
    names = {price.model, price.family}
    return any(_fits(pattern, names) for pattern in entry.models)


def _fits(pattern: str, names: Collection[str]) -> bool:
    if pattern.endswith("*"):
        return any(name.startswith(pattern[:-1]) for name in names)
    return pattern in names


def _holds_on(entry: _DiscountEntry, day: date) -> bool:
    return (entry.first_day or date.min) <= day <= (entry.last_day or date.max)


def _less(rates: Rates, percent: str) -> Rates:
    """Each price less so many percent, rounded up to a whole pico-dollar."""
    whole = 100 * PERCENT_PARTS
    left = whole - int(Decimal(percent) * PERCENT_PARTS)
    return replace(
        rates,
        **{
            kind.name: Money(-(-getattr(rates, kind.name).pico_usd * left // whole))
            for kind in fields(rates)
            if kind.init
        },
    )
