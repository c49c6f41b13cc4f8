"""The drop-in clients: the SDK's own classes, metered, and connected to the session in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppkit import metering
from ppkit.current_session import session

if TYPE_CHECKING:
    # What an editor sees: the SDK's own signature, and `meter`.
    from ppkit.metering.client import AsyncOpenAI, OpenAI
else:

    class OpenAI(metering.OpenAI):
        """`openai.OpenAI` that knows what it spends and stops at the hard limit.

        Takes the SDK's arguments. What is not given comes from the session: the linked key, the meter and, in
        practice mode, the practice platform's address. Raises ppkit.linking.NoKeyLinked without a key.
        """

        def __init__(self, *, meter: metering.Meter | None = None, **arguments: Any) -> None:
            current = session()
            given = current.connection.drop_in_arguments(arguments)
            super().__init__(meter=meter or current.meter, **given)

    class AsyncOpenAI(metering.AsyncOpenAI):
        """`openai.AsyncOpenAI` that knows what it spends and stops at the hard limit; see `OpenAI`."""

        def __init__(self, *, meter: metering.Meter | None = None, **arguments: Any) -> None:
            current = session()
            given = current.connection.async_arguments(arguments)
            super().__init__(meter=meter or current.meter, **given)


__all__ = ["AsyncOpenAI", "OpenAI"]
