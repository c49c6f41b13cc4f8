"""`ppkit prices`: what a million tokens cost, whose prices these are, how old; a newer or another list.

Exit code 0: shown; 1: a price that both lists have is not the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json, table
from ppkit.current_session import session
from ppkit.keys import presentable
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.fetched_prices import fetch_prices
from ppkit.spending.own_prices import OwnPrices, read_own_prices
from ppkit.spending.price_comparison import PriceDifference, PriceMap, compare, prices_in, read_price_map
from ppkit.spending.price_list import price_list
from ppkit.spending.prices import STANDARD_TIER
from ppkit.spending.taken_prices import take_prices
from ppkit.spending.token_rates import Price

NOT_THE_SAME = 1
EVERY = "all"
MILLION = 10**6
KINDS = ("input", "cached", "output")
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("prices", cls=Command, help="cli.help.prices")
@click.argument("models", metavar="[MODEL]...", nargs=-1)
@click.option("--compare", "other", type=_FILE, metavar="FILE", help="cli.prices.option.compare")
@click.option("--refresh", is_flag=True, help="cli.prices.option.refresh")
@click.option("--take", multiple=True, metavar="MODEL", help="cli.prices.option.take")
@json_option()
@click.pass_obj
def command(
    texts: Texts,
    *,
    models: tuple[str, ...],
    other: Path | None,
    refresh: bool,
    take: tuple[str, ...],
    as_json: bool,
) -> int:
    if take and other is None and not refresh:
        raise click.MissingParameter(param=_option("--compare"))
    current = session()
    catalogue, now = current.accounting.catalogue, current.clock.now()
    if other is not None or refresh:
        theirs = (
            fetch_prices() if other is None else read_price_map(other.read_text("utf-8", errors="replace"))
        )
        found = compare(theirs, catalogue, now)
        path, name = current.settings.prices_file, "genai-prices" if other is None else other.name
        wanted = _takeable(found, theirs) if take == (EVERY,) else take
        taken = take_prices(path, theirs, wanted, now.date(), name) if wanted else ()
        skipped = _only_theirs(found, wanted) if take == (EVERY,) else ()
        _show_comparison(found, _Taken(taken, skipped, path), texts, as_json=as_json)
        return NOT_THE_SAME if any(_both(one) for one in found) else 0
    file, live = current.settings.prices_file, current.mode == "live"
    prices = [catalogue.price_of(model, now) for model in models or catalogue.known_models()]
    about = _About(price_list().read_on, now.date(), file, read_own_prices(file), live)
    if as_json:
        print_json({"list": about.document(), "prices": [_document(price) for price in prices]})
    else:
        _tell(prices, about, texts)
    return 0


@dataclass(frozen=True, slots=True)
class _About:
    """Whose prices there are, and how old the list is."""

    read_on: date
    today: date
    file: Path
    own: OwnPrices
    own_count: bool

    @property
    def age_days(self) -> int:
        return price_list().age_days(self.today)

    def document(self) -> dict[str, object]:
        return {
            "source": price_list().source,
            "read_on": self.read_on.isoformat(),
            "age_days": self.age_days,
            "own_file": str(self.file),
            "own_prices": len(self.own.rows),
            "own_discounts": len(self.own.discounts),
            "own_in_force": self.own_count,
        }

    def tell(self, texts: Texts) -> None:
        day = formats.date(self.read_on, texts.language)
        source = price_list().source
        click.echo(texts.plural("cli.prices.list", self.age_days, source=source, day=day))
        if self.own.rows or self.own.discounts:
            text = "cli.prices.own" if self.own_count else "cli.prices.own_in_practice"
            click.echo(texts(text, file=str(self.file)))


def _tell(prices: Sequence[Price], about: _About, texts: Texts) -> None:
    head = [texts(f"cli.prices.column.{name}") for name in ("model", *KINDS, "since", "whose")]
    rows = [
        [
            presentable(price.model),
            *(_per_million(getattr(price.rates, kind), texts) for kind in KINDS),
            formats.date(begins, texts.language) if (begins := _first_day(price)) else "–",
            presentable(price.whose),
        ]
        for price in prices
    ]
    click.echo(table(head, rows, numbers_from=1))
    about.tell(texts)


def _first_day(price: Price) -> date | None:
    """None where it always held, or nobody recorded since when."""
    return price.valid_from if price.valid_from != date.min else None


def _per_million(token: Money, texts: Texts) -> str:
    return formats.money(token * MILLION, texts.language)


def _document(price: Price) -> dict[str, object]:
    return {
        "model": price.model,
        "tier": price.tier,
        "valid_from": begins.isoformat() if (begins := _first_day(price)) else None,
        "whose": price.whose,
        **{f"{kind}_pico_usd_per_token": getattr(price.rates, kind).pico_usd for kind in KINDS},
    }


# --- another list


@dataclass(frozen=True, slots=True)
class _Taken:
    """The models whose prices were taken over, those left as they are when all were wanted, and the file."""

    models: Sequence[str]
    skipped: Sequence[str]
    file: Path


def _takeable(found: Sequence[PriceDifference], theirs: PriceMap) -> tuple[str, ...]:
    """The models whose standard price is another one there, and whole."""
    differing = {one.model: None for one in found if one.tier == STANDARD_TIER}
    return tuple(model for model in differing if {"input", "output"} <= prices_in(theirs, model).keys())


def _only_theirs(found: Sequence[PriceDifference], wanted: Sequence[str]) -> tuple[str, ...]:
    """What else the other list has otherwise: of another tier, or without a price of its output."""
    differing = {one.model: None for one in found if one.theirs_pico_usd is not None}
    return tuple(model for model in differing if model not in wanted)


def _both(one: PriceDifference) -> bool:
    return one.ours_pico_usd is not None and one.theirs_pico_usd is not None


def _show_comparison(found: Sequence[PriceDifference], taken: _Taken, texts: Texts, *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "model": presentable(one.model),
                "tier": one.tier,
                "kind": one.kind,
                "ours_pico_usd_per_token": _plain(one.ours_pico_usd),
                "theirs_pico_usd_per_token": _plain(one.theirs_pico_usd),
            }
            for one in found
        ]
        told = {"taken": list(taken.models), "skipped": list(taken.skipped), "file": str(taken.file)}
        print_json({"differences": rows, **told})
        return
    head = [texts(f"cli.prices.column.{name}") for name in ("model", "kind", "ours", "theirs")]
    lines = [
        [
            f"{presentable(one.model)} ({one.tier})",
            texts(f"cli.prices.column.{one.kind}"),
            *(_theirs(amount, texts) for amount in (one.ours_pico_usd, one.theirs_pico_usd)),
        ]
        for one in found
    ]
    click.echo(table(head, lines, numbers_from=2) if lines else texts("cli.prices.same"))
    if taken.models:
        click.echo(texts("cli.prices.taken", models=", ".join(taken.models), file=str(taken.file)))
    if taken.skipped:
        click.echo(texts("cli.prices.skipped", models=presentable(", ".join(taken.skipped))))


def _theirs(amount: Decimal | None, texts: Texts) -> str:
    return "–" if amount is None else formats.money(Money(round(amount * MILLION)), texts.language)


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _option(name: str) -> click.Parameter:
    return next(option for option in command.params if name in option.opts)
