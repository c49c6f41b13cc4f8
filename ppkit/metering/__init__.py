"""Metering: any client of the `openai` package, made to reserve before it sends and to settle after.

The names are found on first use, because the SDK takes half a second to import; `tags` does without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppkit.metering.sdk import import_with_sdk
from ppkit.metering.tags import current_tags, tags

if TYPE_CHECKING:
    from ppkit.metering.client import AsyncOpenAI, OpenAI, metered_http_client
    from ppkit.metering.meter import Meter
    from ppkit.metering.receipts import Receipt
    from ppkit.metering.refusals import (
        HardLimitReached,
        HostedToolRefused,
        KeyOfOtherMode,
        LedgerBusy,
        LentKeyElsewhere,
        OtherProviderRefused,
        Refusal,
        UnboundedRefused,
        UnknownPriceRefused,
        UnknownTierRefused,
        UnmeteredRoute,
        UnreadableRequest,
    )
    from ppkit.metering.transport import AsyncMeteredTransport, MeteredTransport
    from ppkit.metering.unmetered import UnmeteredWarning

_HOMES = {
    "AsyncMeteredTransport": "transport",
    "AsyncOpenAI": "client",
    "HardLimitReached": "refusals",
    "HostedToolRefused": "refusals",
    "KeyOfOtherMode": "refusals",
    "LedgerBusy": "refusals",
    "Meter": "meter",
    "MeteredTransport": "transport",
    "OpenAI": "client",
    "LentKeyElsewhere": "refusals",
    "OtherProviderRefused": "refusals",
    "Receipt": "receipts",
    "Refusal": "refusals",
    "UnboundedRefused": "refusals",
    "UnknownPriceRefused": "refusals",
    "UnknownTierRefused": "refusals",
    "UnmeteredRoute": "refusals",
    "UnmeteredWarning": "unmetered",
    "UnreadableRequest": "refusals",
    "metered_http_client": "client",
}

__all__ = [
    "AsyncMeteredTransport",
    "AsyncOpenAI",
    "HardLimitReached",
    "HostedToolRefused",
    "KeyOfOtherMode",
    "LedgerBusy",
    "LentKeyElsewhere",
    "Meter",
    "MeteredTransport",
    "OpenAI",
    "OtherProviderRefused",
    "Receipt",
    "Refusal",
    "UnboundedRefused",
    "UnknownPriceRefused",
    "UnknownTierRefused",
    "UnmeteredRoute",
    "UnmeteredWarning",
    "UnreadableRequest",
    "current_tags",
    "metered_http_client",
    "tags",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_with_sdk(f"{__name__}.{home}"), name)
