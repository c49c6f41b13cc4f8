"""The AI Assistant: a brief becomes posts and images, paid by plan credits or by the linked key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ppkit.ai_assistant import drawing, prompts
from ppkit.ai_assistant.brief import LONGEST_TOPIC, Brief, InvalidBrief, network_named
from ppkit.ai_assistant.conversations import Conversation, Refinement, about
from ppkit.ai_assistant.counting import PACKAGES
from ppkit.ai_assistant.drawing import OnPartial, Quality
from ppkit.ai_assistant.model_levels import ModelChoice, Purpose, choose_models, model_named
from ppkit.ai_assistant.paid_calls import HighestCost, PurseCalls, PurseClients, Stopped, UseRecord
from ppkit.ai_assistant.picture_files import check_mask
from ppkit.ai_assistant.purses import Credits, Purses
from ppkit.ai_assistant.request_bodies import (
    alt_body,
    edit_body,
    image_bodies,
    image_body,
    picture_of,
    voice_body,
)
from ppkit.ai_assistant.results import Estimate, PaidText, Picture, Pictures, Post, Posts
from ppkit.ai_assistant.writing import OnDelta
from ppkit.checkup import Diagnosis, LiveModel, day_or_none, diagnose
from ppkit.clock import Clock
from ppkit.extras import require
from ppkit.look.texts import Texts
from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's clients are used here: the SDK takes over half a second to import

USUAL_OUTPUT_TOKENS = 300  # of a post, for the price of a model
OnDeltaOf = Callable[[int, str], None]  # which of several posts, and its next piece
OnPartialOf = Callable[[int, bytes], None]  # which of several images, unfinished
Made = TypeVar("Made")


def _never() -> bool:
    return False


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
        self._clock = clock
        self.purses = Purses(plan_credits, clients)
        self._calls = PurseCalls(clients, self.purses, highest_cost, use_record)

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
        body = image_body(brief, size, quality, post)
        return self._calls.estimate("image", "images", [drawing.streamed(body, _unseen if watched else None)])

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
        return self._drawn(brief, image_body(brief, size, quality, post), post, on_partial)

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
        bodies = image_bodies(brief, number, size, quality, post)[made:]
        seen = _unseen if watched else None
        return self._calls.estimate("image", "images", [drawing.streamed(body, seen) for body in bodies])

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
        bodies = image_bodies(brief, number, size, quality, post)[made:]

        def drawn(position: int) -> Picture:
            seen = _partials_of(position, on_partial) if on_partial else None
            return self._drawn(brief, bodies[position], post, seen)

        return Pictures(*_in_turn(len(bodies), drawn, stopped))

    def _drawn(
        self, brief: Brief, body: Mapping[str, Any], post: Post | None, on_partial: OnPartial | None
    ) -> Picture:
        alt = brief.topic.strip() and Texts(brief.language)(
            "assistant.picture.alt", topic=brief.topic.strip()
        )
        network = post.network.name if post else brief.network
        blank = Picture(b"", body["size"], alt, network=network, language=brief.language)
        return self._calls.picture(body, blank, lambda client: drawing.draw(client, body, on_partial))

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
        body = drawing.streamed(edit_body(image, wish, mask, quality), _unseen if watched else None)
        return self._calls.estimate("image", "images", [{**body, **files}])

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
        before = picture_of(image)
        if mask is not None:
            check_mask(mask, before.data)
        body = edit_body(before, wish, mask, quality)

        def drawn(client: openai.OpenAI) -> bytes:
            return drawing.redraw(client, body, before.data, mask, on_partial)

        return self._calls.picture(body, before, drawn)

    # --- texts about images and brands

    def estimate_alt_text(
        self, image: Picture | bytes, network: str | None = None, language: str | None = None
    ) -> Estimate:
        return self._calls.estimate("text", "responses", [alt_body(image, network, language)])

    def alt_text(
        self, image: Picture | bytes, network: str | None = None, language: str | None = None
    ) -> PaidText:
        """Words for who cannot see the picture, as the model sees it, within the network's limit."""
        return self._calls.text(alt_body(image, network, language))

    def estimate_voice(self, samples: Sequence[str], language: str = "it") -> Estimate:
        return self._calls.estimate("text", "responses", [voice_body(samples, language)])

    def brand_voice(self, samples: Sequence[str], language: str = "it") -> PaidText:
        """How a brand sounds, read from three to ten of its posts; its text is a brief's `voice`.

        Raises InvalidBrief for too few or too long samples, KeyInText for a secret in them.
        """
        return self._calls.text(voice_body(samples, language))

    # --- models

    def models(self, purpose: Purpose = "text") -> tuple[ModelChoice, ...]:
        """Economical, balanced and best, from the platform's list of now; asked free of charge."""
        with self._clients.one_look():
            client = self._calls.client(self.purses.choose(purpose), "text")
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

    def _usual_cost(self, purpose: Purpose, model: str) -> Money | None:
        example = Brief(".")
        if purpose == "image":
            network = example.for_network
            size = network.size_of(model=model)
            return self._calls.cost("images", drawing.image_body(".", network, model, size, "low"))
        return self._calls.cost(
            "responses", {**about(example).body(model), "max_output_tokens": USUAL_OUTPUT_TOKENS}
        )

    # --- what it takes, and what comes back

    def _estimate_texts(self, conversations: Sequence[Conversation]) -> Estimate:
        bodies = [one.body(self.text_model(one.brief)) for one in conversations]
        return self._calls.estimate("text", "responses", bodies)

    def _post(self, conversation: Conversation, on_delta: OnDelta | None, stopped: Stopped) -> Post:
        body = conversation.body(self.text_model(conversation.brief))
        paid = self._calls.text(body, on_delta, stopped)
        return Post(
            text=paid.text,
            network=conversation.network,
            purse=paid.purse,
            model=paid.model,
            credits=paid.credits,
            is_complete=paid.is_complete,
            receipt=paid.receipt,
            request_id=paid.request_id,
            trouble=paid.trouble,
            conversation=conversation,
        )

    def _posts(
        self, conversations: Sequence[Conversation], on_delta: OnDeltaOf | None, stopped: Stopped
    ) -> Posts:
        def written(position: int) -> Post:
            one = _of(position, on_delta) if on_delta else None
            return self._post(conversations[position], one, stopped)

        return Posts(*_in_turn(len(conversations), written, stopped))


def _in_turn(
    number: int, make: Callable[[int], Made], stopped: Stopped
) -> tuple[tuple[Made, ...], Diagnosis | None]:
    """One call for each, with a receipt of its own. Those made stay when the next one fails."""
    made: list[Made] = []
    for position in range(number):
        if made and stopped():
            break
        try:
            made.append(make(position))
        except Exception as error:
            if not made:
                raise
            return tuple(made), diagnose(error)
    return tuple(made), None


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


def _of(position: int, on_delta: OnDeltaOf) -> OnDelta:
    return lambda piece: on_delta(position, piece)


def _partials_of(position: int, on_partial: OnPartialOf) -> OnPartial:
    return lambda data: on_partial(position, data)


def _unseen(_data: bytes) -> None:
    """Stands for whoever watches a picture grow."""
