"""The Assistant's calls: a purse pays, the highest cost is told before, a receipt comes with the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ppkit.ai_assistant.purses import Kind, Linked, Purses
from ppkit.ai_assistant.results import Estimate, PaidText, Picture, Purse
from ppkit.ai_assistant.writing import OnDelta, write, write_stream
from ppkit.checkup import Diagnosis, diagnose
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey
from ppkit.metering.receipts import collect_receipts
from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's clients are used here: the SDK takes over half a second to import

PATIENCE_SECONDS: Mapping[Kind, float] = {"text": 60.0, "image": 240.0}
"""How long a dead platform is waited for, without a byte of an answer. An image takes minutes to draw."""
CONNECT_SECONDS = 20.0
HighestCost = Callable[[str, Mapping[str, Any]], Money]  # endpoint, body -> the most that the call can cost
Stopped = Callable[[], bool]


class PurseClients(Linked, Protocol):
    """The metered client that a purse pays for, and the linked key (ppkit.connection.Connection)."""

    def client_of(self, purse: Purse) -> openai.OpenAI: ...

    def one_look(self) -> AbstractContextManager[None]: ...


class UseRecord(Protocol):
    """Where it is kept that the linked key has made a call (ppkit.onboarding.Wizard)."""

    def record_use(self, key: ApiKey) -> None: ...


class PurseCalls:
    """Makes one call at a time, with the purse that pays for its kind. Raises NeedsKey where none does."""

    def __init__(
        self, clients: PurseClients, purses: Purses, highest_cost: HighestCost, use_record: UseRecord
    ) -> None:
        self._clients = clients
        self._purses = purses
        self._highest_cost = highest_cost
        self._use_record = use_record

    def estimate(self, kind: Kind, endpoint: str, bodies: Sequence[Mapping[str, Any]]) -> Estimate:
        """What these calls take, together; the purse is the one that pays for the first."""
        purse = self._purses.choose(kind)
        costs = [self.cost(endpoint, body) for body in bodies]
        known = [cost for cost in costs if cost is not None]
        return Estimate(
            purse,
            str(bodies[0]["model"]),
            len(bodies) * self._credits_taken(kind, purse),
            self._purses.left(),
            sum(known, Money(0)) if len(known) == len(costs) else None,
        )

    def text(
        self, body: Mapping[str, Any], on_delta: OnDelta | None = None, stopped: Stopped = lambda: False
    ) -> PaidText:
        """What the model writes to the body; with `on_delta`, piece by piece, until `stopped`."""
        with self._paid("text") as (purse, key), collect_receipts() as receipts:
            client = self.client(purse, "text")
            written = write_stream(client, body, on_delta, stopped) if on_delta else write(client, body)
        use_trouble = self._note_use(key)
        return PaidText(
            text=written.text,
            purse=purse,
            model=written.model,
            credits=self._credits_taken("text", purse),
            is_complete=written.is_complete,
            receipt=receipts[-1] if receipts else None,
            request_id=written.request_id,
            trouble=written.trouble or use_trouble,
        )

    def picture(
        self, body: Mapping[str, Any], blank: Picture, drawn: Callable[[openai.OpenAI], bytes]
    ) -> Picture:
        """`blank` with the picture that `drawn` makes with the client that pays for it."""
        with self._paid("image") as (purse, key), collect_receipts() as receipts:
            data = drawn(self.client(purse, "image"))
        use_trouble = self._note_use(key)
        return replace(
            blank,
            data=data,
            purse=purse,
            model=str(body["model"]),
            credits=self._credits_taken("image", purse),
            receipt=receipts[-1] if receipts else None,
            trouble=use_trouble,
        )

    def client(self, purse: Purse, kind: Kind) -> openai.OpenAI:
        """Asks once: an attempt without an answer may have been charged, and another could follow a stop."""
        from httpx2 import Timeout  # lazy: comes with the SDK

        patience = Timeout(PATIENCE_SECONDS[kind], connect=CONNECT_SECONDS)
        return self._clients.client_of(purse).with_options(timeout=patience, max_retries=0)

    def cost(self, endpoint: str, body: Mapping[str, Any]) -> Money | None:
        """The most that one call can cost, where that is known."""
        try:
            return self._highest_cost(endpoint, body)
        except PpkitError:  # no known price: the metered call refuses it by itself, with its reason
            return None

    def _credits_taken(self, kind: Kind, purse: Purse) -> int:
        return self._purses.price(kind) if purse is Purse.PLAN else 0

    @contextmanager
    def _paid(self, kind: Kind) -> Iterator[tuple[Purse, ApiKey | None]]:
        """The purse that pays, and the key if it is that; one look at the keys serves the whole call."""
        with self._clients.one_look(), self._purses.pay(kind) as purse:
            yield purse, self._clients.linked_key if purse is Purse.OWN_KEY else None

    def _note_use(self, key: ApiKey | None) -> Diagnosis | None:
        """Record that the linked key was used, unless it was changed during the call.

        What goes wrong there must not cost the paid post.
        """
        try:
            if key is not None and key == self._clients.linked_key:
                self._use_record.record_use(key)
        except PpkitError as error:
            return diagnose(error)
        return None
