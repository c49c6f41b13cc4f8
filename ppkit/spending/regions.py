"""What OpenAI's regional addresses cost more: `eu.api.openai.com` and the like, told by the host alone.

An address of somebody else's that passes calls on to such a host hides it, and the surcharge with it.
"""

from __future__ import annotations

from dataclasses import fields, replace

from ppkit.money import Money
from ppkit.spending.model_limits import model_facts
from ppkit.spending.token_rates import USERS_OWN, Price, Rates

_BELOW_OPENAI = ".api.openai.com"
_WITHOUT_REGION = "mtls.api.openai.com"


def price_at(host: str, price: Price) -> Price:
    """The price of a call to this host.

    A user's own price stays: it holds everywhere. A model that is not known to be older than the surcharge
    pays it.
    """
    if not host.endswith(_BELOW_OPENAI) or host == _WITHOUT_REGION:
        return price
    facts = model_facts()["regional_surcharge"]
    if price.source == USERS_OWN or price.family in facts["released_before"]:
        return price
    percent: int = 100 + facts["percent"]
    long = price.long_context_rates
    return replace(
        price,
        rates=_times(price.rates, percent),
        long_context_rates=None if long is None else _times(long, percent),
    )


def _times(rates: Rates, percent: int) -> Rates:
    """The rates times so many percent, rounded up to whole pico-dollars."""
    return replace(
        rates,
        **{
            kind.name: Money(-(-getattr(rates, kind.name).pico_usd * percent // 100))
            for kind in fields(rates)
            if kind.init
        },
    )
