"""The AI Assistant: a brief becomes a post and an image, paid by plan credits or by the linked key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from ppkit.ai_assistant.brief import Brief
from ppkit.ai_assistant.prompts import Quality, image_body, post_body
from ppkit.ai_assistant.purses import Credits, Kind, Linked, Purses
from ppkit.ai_assistant.results import Estimate, Picture, Post, Purse
from ppkit.ai_assistant.writing import NothingWritten, OnDelta, write, write_stream
from ppkit.checkup import Diagnosis, diagnose, preferred_models
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.metering.receipts import collect_receipts
from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's clients are used here: the SDK takes over half a second to import

PATIENCE_SECONDS: Mapping[Kind, float] = {"text": 60.0, "image": 240.0}
"""How long a dead platform is waited for, without a byte of an answer. An image takes minutes to draw."""
CONNECT_SECONDS = 20.0
HighestCost = Callable[[str, Mapping[str, Any]], Money]  # endpoint, body -> the most that the call can cost


class PurseClients(Linked, Protocol):
    """The metered client that a purse pays for, and the linked key (ppkit.connection.Connection)."""

    def client_of(self, purse: Purse) -> openai.OpenAI: ...

    def one_look(self) -> AbstractContextManager[None]: ...


class UseRecord(Protocol):
    """Where it is kept that the linked key has made a call (ppkit.onboarding.Wizard)."""

    def record_use(self, key: ApiKey) -> None: ...


class Assistant:
    """Writes posts and draws images. Blocking: callers put the calls in a thread."""

    def __init__(
        self,
        clients: PurseClients,
        highest_cost: HighestCost,
        *,
        plan_credits: Credits | None,
        use_record: UseRecord,
    ) -> None:
        self._clients = clients
        self._highest_cost = highest_cost
        self._use_record = use_record
        self.purses = Purses(plan_credits, clients)

    def estimate_post(self, brief: Brief) -> Estimate:
        """What a post would take, reported before sending. Raises NeedsKey."""
        model = self.text_model(brief)
        return self._estimate("text", model, "responses", post_body(brief, model))

    def estimate_image(self, brief: Brief, size: str | None = None, quality: Quality = "low") -> Estimate:
        """What an image would take, reported before sending. Raises NeedsKey."""
        model = self.image_model()
        body = image_body(brief, model, size or brief.for_network.size, quality)
        return self._estimate("image", model, "images", body)

    def write_post(
        self, brief: Brief, on_delta: OnDelta | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> Post:
        """Write the post; with `on_delta`, piece by piece as it comes, until `stopped`.

        Raises NeedsKey, NothingWritten, or the SDK's errors (`ppkit.checkup.diagnose` reads them).
        """
        body = post_body(brief, self.text_model(brief))
        with self._paid("text") as (purse, key), collect_receipts() as receipts:
            client = self._client(purse, "text")
            written = write_stream(client, body, on_delta, stopped) if on_delta else write(client, body)
        use_trouble = self._note_use(key)
        return Post(
            text=written.text,
            network=brief.for_network,
            purse=purse,
            model=written.model,
            credits=self._credits_taken("text", purse),
            is_complete=written.is_complete,
            receipt=receipts[-1] if receipts else None,
            request_id=written.request_id,
            trouble=written.trouble or use_trouble,
        )

    def make_image(self, brief: Brief, size: str | None = None, quality: Quality = "low") -> Picture:
        """Draw an image; `size` is "WxH", by default the network's. Raises as `write_post` does."""
        model, size = self.image_model(), size or brief.for_network.size
        body = image_body(brief, model, size, quality)
        with self._paid("image") as (purse, key), collect_receipts() as receipts:
            png = _decoded(self._client(purse, "image").images.generate(**body))
        use_trouble = self._note_use(key)
        return Picture(
            png=png,
            size=size,
            alt=Texts(brief.language)("assistant.picture.alt", topic=brief.topic.strip()),
            purse=purse,
            model=model,
            credits=self._credits_taken("image", purse),
            receipt=receipts[-1] if receipts else None,
            trouble=use_trouble,
        )

    def text_model(self, brief: Brief) -> str:
        """The model for a post: the brief's own, else the first wish."""
        return brief.model or preferred_models("text")[0]

    def image_model(self) -> str:
        return preferred_models("image")[0]

    def _client(self, purse: Purse, kind: Kind) -> openai.OpenAI:
        """Asks once: an attempt without an answer may have been charged, and another could follow a stop."""
        from httpx2 import Timeout  # lazy: comes with the SDK

        patience = Timeout(PATIENCE_SECONDS[kind], connect=CONNECT_SECONDS)
        return self._clients.client_of(purse).with_options(timeout=patience, max_retries=0)

    def _estimate(self, kind: Kind, model: str, endpoint: str, body: Mapping[str, Any]) -> Estimate:
        purse = self.purses.choose(kind)
        return Estimate(
            purse, model, self._credits_taken(kind, purse), self.purses.left(), self._cost(endpoint, body)
        )

    def _cost(self, endpoint: str, body: Mapping[str, Any]) -> Money | None:
        try:
            return self._highest_cost(endpoint, body)
        except PpkitError:  # no known price: the metered call refuses it by itself, with its reason
            return None

    def _credits_taken(self, kind: Kind, purse: Purse) -> int:
        return self.purses.price(kind) if purse is Purse.PLAN else 0

    @contextmanager
    def _paid(self, kind: Kind) -> Iterator[tuple[Purse, ApiKey | None]]:
        """The purse that pays, and the key if it is that; one look at the keys serves the whole call."""
        with self._clients.one_look(), self.purses.pay(kind) as purse:
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


def _decoded(response: Any) -> bytes:
    """The PNG in an answer. Raises NothingWritten when there is none."""
    encoded = response.data[0].b64_json if response.data else None
    try:
        return base64.b64decode(encoded or "", validate=True) or _nothing()
    except binascii.Error:
        return _nothing()


def _nothing() -> bytes:
    raise NothingWritten(reason="no_image")
