"""The AI Assistant: a brief becomes posts and images, paid by plan credits or by the linked key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ppkit.ai_assistant import drawing, prompts
from ppkit.ai_assistant.brief import LONGEST_TOPIC, Brief, InvalidBrief, checked_language, network_named
from ppkit.ai_assistant.conversations import (
    LARGEST_OUTPUT_TOKENS,
    Conversation,
    Refinement,
    about,
    checked_wish,
)
from ppkit.ai_assistant.counting import PACKAGES
from ppkit.ai_assistant.drawing import OnPartial, Quality
from ppkit.ai_assistant.model_levels import ModelChoice, Purpose, choose_models, model_named
from ppkit.ai_assistant.own_pictures import without_metadata
from ppkit.ai_assistant.picture_files import check_mask, data_url
from ppkit.ai_assistant.picture_sizes import checked_size
from ppkit.ai_assistant.purses import Credits, Kind, Linked, Purses
from ppkit.ai_assistant.results import Estimate, PaidText, Picture, Pictures, Post, Posts, Purse
from ppkit.ai_assistant.writing import OnDelta, WrittenText, write, write_stream
from ppkit.checkup import Diagnosis, LiveModel, day_or_none, diagnose
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.extras import require
from ppkit.keys import ApiKey, refuse_keys
from ppkit.look.texts import Texts
from ppkit.metering.receipts import Receipts, collect_receipts
from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's clients are used here: the SDK takes over half a second to import

PATIENCE_SECONDS: Mapping[Kind, float] = {"text": 60.0, "image": 240.0}
"""How long a dead platform is waited for, without a byte of an answer. An image takes minutes to draw."""
CONNECT_SECONDS = 20.0
USUAL_OUTPUT_TOKENS = 300  # of a post, for the price of a model
LARGEST_ALT_TOKENS = 400
LONGEST_ALT = 300  # characters that a screen reader reads in one breath; networks take more
SAMPLES = range(3, 11)
"""How many posts of its own tell a brand's voice."""
HighestCost = Callable[[str, Mapping[str, Any]], Money]  # endpoint, body -> the most that the call can cost
Stopped = Callable[[], bool]
OnDeltaOf = Callable[[int, str], None]  # which of several posts, and its next piece
OnPartialOf = Callable[[int, bytes], None]  # which of several images, unfinished


def _never() -> bool:
    return False


class PurseClients(Linked, Protocol):
    """The metered client that a purse pays for, and the linked key (ppkit.connection.Connection)."""

    def client_of(self, purse: Purse) -> openai.OpenAI: ...

    def one_look(self) -> AbstractContextManager[None]: ...


class UseRecord(Protocol):
    """Where it is kept that the linked key has made a call (ppkit.onboarding.Wizard)."""

    def record_use(self, key: ApiKey) -> None: ...


class Assistant:
    """Writes posts and draws images. Blocking: `AsyncAssistant` puts the calls in threads.

    Every call has its estimate, made before anything is sent, and its receipt, on what comes back. What is
    asked raises NeedsKey where nothing pays for it, NothingWritten where the model gave nothing, and the
    SDK's errors (`ppkit.checkup.diagnose` reads them). A post that breaks a rule of its network is handed
    back with its `breaches`; `refine(post, Refinement.TO_FIT)` shortens it.
    """

    def __init__(
        self,
        clients: PurseClients,
        highest_cost: HighestCost,
        *,
        plan_credits: Credits | None,
        use_record: UseRecord,
        clock: Clock,
    ) -> None:
        """Raises ExtraMissing without the packages of the extra "assistant"."""
        require("assistant", *PACKAGES, "jinja2")
        self._clients = clients
        self._highest_cost = highest_cost
        self._use_record = use_record
        self._clock = clock
        self.purses = Purses(plan_credits, clients)

    # --- posts

    def estimate_post(self, brief: Brief) -> Estimate:
        """What a post would take, reported before sending. Raises NeedsKey."""
        return self._estimate_texts([about(brief)])

    def write_post(self, brief: Brief, on_delta: OnDelta | None = None, stopped: Stopped = _never) -> Post:
        """Write the post for the brief's first network; with `on_delta`, piece by piece, until `stopped`."""
        return self._post(about(brief), on_delta, stopped)

    def estimate_variants(self, brief: Brief, number: int | None = None, *, made: int = 0) -> Estimate:
        """What the variants would take, without the `made` that are there."""
        return self._estimate_texts(_variants(brief, number)[made:])

    def variants(
        self,
        brief: Brief,
        number: int | None = None,
        on_delta: OnDeltaOf | None = None,
        stopped: Stopped = _never,
        *,
        made: int = 0,
    ) -> Posts:
        """Several posts about the same, each opening in its own way; by default as many as the brief says.

        `made` of them are there already, when the others failed: they are not written again.
        """
        return self._posts(_variants(brief, number)[made:], on_delta, stopped)

    def estimate_refinement(self, post: Post, wish: Refinement | str) -> Estimate:
        return self._estimate_texts([_conversation(post).refined(post.text, wish)])

    def refine(
        self, post: Post, wish: Refinement | str, on_delta: OnDelta | None = None, stopped: Stopped = _never
    ) -> Post:
        """The post changed as wished, by a Refinement or in free words; what was said before is kept.

        The given post stays as it is: to undo is to go on from it.
        """
        return self._post(_conversation(post).refined(post.text, wish), on_delta, stopped)

    def estimate_adaptation(self, post: Post, to: Sequence[str] | None = None) -> Estimate:
        return self._estimate_texts(_adaptations(post, to))

    def adapt(
        self,
        post: Post,
        to: Sequence[str] | None = None,
        on_delta: OnDeltaOf | None = None,
        stopped: Stopped = _never,
    ) -> Posts:
        """The post for other networks, in their order; by default those that its brief names beside."""
        return self._posts(_adaptations(post, to), on_delta, stopped)

    # --- images

    def estimate_image(
        self,
        brief: Brief,
        size: str | None = None,
        quality: Quality = "low",
        *,
        post: Post | None = None,
        watched: bool = False,
    ) -> Estimate:
        """What an image would take; `watched` is whether it is shown while it grows."""
        body = self._image_body(brief, size, quality, post)
        return self._estimate("image", "images", drawing.streamed(body, _unseen if watched else None))

    def draw(
        self,
        brief: Brief,
        size: str | None = None,
        quality: Quality = "low",
        *,
        post: Post | None = None,
        on_partial: OnPartial | None = None,
    ) -> Picture:
        """Draw an image for the brief, or for a post about it, in the format that the network takes.

        `size` is "WxH", by default the network's usual one (`Network.size_of` knows the others). With
        `on_partial`, two unfinished pictures come first.
        """
        return self._drawn(brief, self._image_body(brief, size, quality, post), post, on_partial)

    def estimate_pictures(
        self,
        brief: Brief,
        number: int,
        size: str | None = None,
        quality: Quality = "low",
        *,
        post: Post | None = None,
        watched: bool = False,
        made: int = 0,
    ) -> Estimate:
        """What several images would take, together, without the `made` that are there."""
        each = [
            self._estimate("image", "images", drawing.streamed(body, _unseen if watched else None))
            for body in self._image_bodies(brief, number, size, quality, post)[made:]
        ]
        costs = [estimate.highest_cost for estimate in each if estimate.highest_cost is not None]
        return replace(
            each[0],
            credits=sum(estimate.credits for estimate in each),
            highest_cost=sum(costs, Money(0)) if len(costs) == len(each) else None,
        )

    def pictures(
        self,
        brief: Brief,
        number: int,
        size: str | None = None,
        quality: Quality = "low",
        *,
        post: Post | None = None,
        on_partial: OnPartialOf | None = None,
        stopped: Stopped = _never,
        made: int = 0,
    ) -> Pictures:
        """Several images of the same, each composed in its own way; one call for each, as with posts.

        `made` of them are there already, when the others failed: they are not drawn again.
        """
        return self._drawn_in_turn(
            brief, self._image_bodies(brief, number, size, quality, post)[made:], post, on_partial, stopped
        )

    def _drawn_in_turn(
        self,
        brief: Brief,
        bodies: Sequence[Mapping[str, Any]],
        post: Post | None,
        on_partial: OnPartialOf | None,
        stopped: Stopped,
    ) -> Pictures:
        made: list[Picture] = []
        for position, body in enumerate(bodies):
            if made and stopped():
                break
            seen = _partials_of(position, on_partial) if on_partial else None
            try:
                made.append(self._drawn(brief, body, post, seen))
            except Exception as error:
                if not made:
                    raise
                return Pictures(tuple(made), diagnose(error))
        return Pictures(tuple(made))

    def _drawn(
        self, brief: Brief, body: Mapping[str, Any], post: Post | None, on_partial: OnPartial | None
    ) -> Picture:
        alt = brief.topic.strip() and Texts(brief.language)(
            "assistant.picture.alt", topic=brief.topic.strip()
        )
        network = post.network.name if post else brief.network
        blank = Picture(b"", body["size"], alt, network=network, language=brief.language)
        return self._picture(body, blank, lambda client: drawing.draw(client, body, on_partial))

    def estimate_edit(
        self,
        image: Picture | bytes,
        wish: str,
        *,
        mask: bytes | None = None,
        quality: Quality = "low",
        watched: bool = False,
    ) -> Estimate:
        """What an edit would take; the mask counts as a picture more. `watched` as in `estimate_image`."""
        files = {"image": "file", **({"mask": "file"} if mask else {})}
        body = drawing.streamed(self._edit_body(image, wish, mask, quality), _unseen if watched else None)
        return self._estimate("image", "images", {**body, **files})

    def edit(
        self,
        image: Picture | bytes,
        wish: str,
        *,
        mask: bytes | None = None,
        quality: Quality = "low",
        on_partial: OnPartial | None = None,
    ) -> Picture:
        """The picture, or a file of your own, changed in words.

        A `mask` is a PNG of the same size: only where that is transparent is anything changed. Raises
        InvalidMask for another one.
        """
        before = _picture_of(image)
        if mask is not None:
            check_mask(mask, before.data)
        body = self._edit_body(before, wish, mask, quality)

        def drawn(client: openai.OpenAI) -> bytes:
            return drawing.redraw(client, body, before.data, mask, on_partial)

        return self._picture(body, before, drawn)

    # --- texts about images and brands

    def estimate_alt_text(
        self, image: Picture | bytes, network: str | None = None, language: str | None = None
    ) -> Estimate:
        return self._estimate("text", "responses", self._alt_body(image, network, language))

    def alt_text(
        self, image: Picture | bytes, network: str | None = None, language: str | None = None
    ) -> PaidText:
        """Words for who cannot see the picture, as the model sees it, within the network's limit."""
        return self._text(self._alt_body(image, network, language))

    def estimate_voice(self, samples: Sequence[str], language: str = "it") -> Estimate:
        return self._estimate("text", "responses", self._voice_body(samples, language))

    def brand_voice(self, samples: Sequence[str], language: str = "it") -> PaidText:
        """How a brand sounds, read from three to ten of its posts; its text is a brief's `voice`.

        Raises InvalidBrief for too few or too long samples, KeyInText for a secret in them.
        """
        return self._text(self._voice_body(samples, language))

    # --- models

    def models(self, purpose: Purpose = "text") -> tuple[ModelChoice, ...]:
        """Economical, balanced and best, from the platform's list of now; asked free of charge."""
        with self._clients.one_look():
            client = self._client(self.purses.choose(purpose), "text")
            listed = [
                LiveModel(one.id, day_or_none(getattr(one, "shutdown_date", None)))
                for one in client.models.list()
            ]
        return choose_models(
            purpose, listed, self._clock.now().date(), lambda model: self._usual_cost(purpose, model)
        )

    def text_model(self, brief: Brief) -> str:
        """The model for a post: the brief's own, else the first wish of the level it names."""
        return model_named(brief.model)

    def image_model(self) -> str:
        return model_named(None, "image")

    # --- what is sent

    def _image_bodies(
        self, brief: Brief, number: int, size: str | None, quality: Quality, post: Post | None
    ) -> Sequence[Mapping[str, Any]]:
        """Raises InvalidBrief for more than there are compositions."""
        if not 1 <= number <= len(prompts.COMPOSITIONS):
            raise InvalidBrief(field="variants", longest=LONGEST_TOPIC)
        return [
            self._image_body(brief, size, quality, post, composition)
            for composition in prompts.COMPOSITIONS[:number]
        ]

    def _image_body(
        self,
        brief: Brief,
        size: str | None,
        quality: Quality,
        post: Post | None,
        composition: str | None = None,
    ) -> dict[str, Any]:
        network, model = post.network if post else brief.for_network, self.image_model()
        text = post.text if post else ""
        refuse_keys("brief", text)
        if not brief.topic.strip() and not text.strip():  # of a brief's own picture, no other one is drawn
            raise InvalidBrief(field="topic", longest=LONGEST_TOPIC)
        asked = prompts.image(brief, network, text, composition)
        wanted = checked_size(size, model) if size else network.size_of(model=model)
        return drawing.image_body(asked, network, model, wanted, quality)

    def _edit_body(
        self, image: Picture | bytes, wish: str, mask: bytes | None, quality: Quality
    ) -> dict[str, Any]:
        picture = _picture_of(image)
        return drawing.image_body(
            prompts.edit(picture.language, checked_wish(wish), has_mask=mask is not None),
            network_named(picture.network),
            self.image_model(),
            picture.size,
            quality,
        )

    def _alt_body(self, image: Picture | bytes, network: str | None, language: str | None) -> dict[str, Any]:
        picture = _picture_of(image)
        limits = network_named(network or picture.network).limits_of("alt")
        longest = min([LONGEST_ALT, *(limit.most for limit in limits)])
        asked = prompts.alt_text(checked_language(language or picture.language), longest)
        content = [
            {"type": "input_text", "text": asked},
            {"type": "input_image", "image_url": data_url(picture.data), "detail": "low"},
        ]
        return {
            "model": model_named(None),
            "input": [{"role": "user", "content": content}],
            "max_output_tokens": LARGEST_ALT_TOKENS,
            "store": False,
        }

    def _voice_body(self, samples: Sequence[str], language: str) -> dict[str, Any]:
        refuse_keys("brief", *samples)
        usable = [sample for sample in samples if sample.strip()]
        if len(usable) not in SAMPLES or any(len(sample) > LONGEST_TOPIC for sample in usable):
            raise InvalidBrief(field="samples", longest=LONGEST_TOPIC)
        return {
            "model": model_named(None),
            "input": prompts.voice(checked_language(language), usable),
            "max_output_tokens": LARGEST_OUTPUT_TOKENS,
            "store": False,
        }

    # --- what comes back

    def _post(self, conversation: Conversation, on_delta: OnDelta | None, stopped: Stopped) -> Post:
        body = conversation.body(self.text_model(conversation.brief))
        written, purse, receipts, use_trouble = self._written(body, on_delta, stopped)
        return Post(
            text=written.text,
            network=conversation.network,
            purse=purse,
            model=written.model,
            credits=self._credits_taken("text", purse),
            is_complete=written.is_complete,
            receipt=receipts[-1] if receipts else None,
            request_id=written.request_id,
            trouble=written.trouble or use_trouble,
            conversation=conversation,
        )

    def _posts(
        self, conversations: Sequence[Conversation], on_delta: OnDeltaOf | None, stopped: Stopped
    ) -> Posts:
        """One call for each: every post has its own receipt, and those made stay when the next one fails."""
        made: list[Post] = []
        for position, conversation in enumerate(conversations):
            if made and stopped():
                break
            one = _of(position, on_delta) if on_delta else None
            try:
                made.append(self._post(conversation, one, stopped))
            except Exception as error:
                if not made:
                    raise
                return Posts(tuple(made), diagnose(error))
        return Posts(tuple(made))

    def _text(self, body: Mapping[str, Any]) -> PaidText:
        written, purse, receipts, use_trouble = self._written(body, None, _never)
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

    def _written(
        self, body: Mapping[str, Any], on_delta: OnDelta | None, stopped: Stopped
    ) -> tuple[WrittenText, Purse, Receipts, Diagnosis | None]:
        with self._paid("text") as (purse, key), collect_receipts() as receipts:
            client = self._client(purse, "text")
            written = write_stream(client, body, on_delta, stopped) if on_delta else write(client, body)
        return written, purse, receipts, self._note_use(key)

    def _picture(
        self, body: Mapping[str, Any], blank: Picture, drawn: Callable[[openai.OpenAI], bytes]
    ) -> Picture:
        with self._paid("image") as (purse, key), collect_receipts() as receipts:
            data = drawn(self._client(purse, "image"))
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

    def _client(self, purse: Purse, kind: Kind) -> openai.OpenAI:
        """Asks once: an attempt without an answer may have been charged, and another could follow a stop."""
        from httpx2 import Timeout  # lazy: comes with the SDK

        patience = Timeout(PATIENCE_SECONDS[kind], connect=CONNECT_SECONDS)
        return self._clients.client_of(purse).with_options(timeout=patience, max_retries=0)

    # --- what it takes

    def _estimate_texts(self, conversations: Sequence[Conversation]) -> Estimate:
        """One estimate for all of them; the purse is the one that pays for the first."""
        bodies = [one.body(self.text_model(one.brief)) for one in conversations]
        purse = self.purses.choose("text")
        costs = [self._cost("responses", body) for body in bodies]
        known = [cost for cost in costs if cost is not None]
        return Estimate(
            purse,
            str(bodies[0]["model"]),
            len(bodies) * self._credits_taken("text", purse),
            self.purses.left(),
            sum(known, Money(0)) if len(known) == len(costs) else None,
        )

    def _estimate(self, kind: Kind, endpoint: str, body: Mapping[str, Any]) -> Estimate:
        purse = self.purses.choose(kind)
        return Estimate(
            purse,
            str(body["model"]),
            self._credits_taken(kind, purse),
            self.purses.left(),
            self._cost(endpoint, body),
        )

    def _usual_cost(self, purpose: Purpose, model: str) -> Money | None:
        example = Brief(".")
        if purpose == "image":
            network = example.for_network
            size = network.size_of(model=model)
            return self._cost("images", drawing.image_body(".", network, model, size, "low"))
        return self._cost(
            "responses", {**about(example).body(model), "max_output_tokens": USUAL_OUTPUT_TOKENS}
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


def _variants(brief: Brief, number: int | None) -> Sequence[Conversation]:
    number = brief.variants if number is None else number
    if not 1 <= number <= len(prompts.OPENINGS):
        raise InvalidBrief(field="variants", longest=LONGEST_TOPIC)
    return [about(brief, opening) for opening in prompts.OPENINGS[:number]]


def _adaptations(post: Post, to: Sequence[str] | None) -> Sequence[Conversation]:
    conversation = _conversation(post)
    wanted = conversation.brief.also_for if to is None else to
    if not wanted:
        raise InvalidBrief(field="also_for", longest=LONGEST_TOPIC)
    return [conversation.adapted(post.text, network_named(name)) for name in dict.fromkeys(wanted)]


def _conversation(post: Post) -> Conversation:
    """What led to the post; one that came from elsewhere has no more than its text."""
    return post.conversation or about(Brief(post.text[:LONGEST_TOPIC] or ".", post.network.name))


def _picture_of(image: Picture | bytes) -> Picture:
    """A file of the user's own is drawn in whatever size suits it, and tells nothing but what it shows."""
    return image if isinstance(image, Picture) else Picture(without_metadata(image), "auto", "")


def _of(position: int, on_delta: OnDeltaOf) -> OnDelta:
    return lambda piece: on_delta(position, piece)


def _partials_of(position: int, on_partial: OnPartialOf) -> OnPartial:
    return lambda data: on_partial(position, data)


def _unseen(_data: bytes) -> None:
    """Stands for whoever watches a picture grow."""
