"""The part of the Assistant's window that writes posts, changes them, and keeps them as a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ppkit.ai_assistant import Brief, Picture, Post, Posts, Purse, Refinement, fitted, networks
from ppkit.errors import PpkitError
from ppkit.look import formats
from ppkit.papers.paper_file import MEDIA_TYPES
from ppkit.widgets.assistant.brief_form import BriefForm
from ppkit.widgets.assistant.brief_prices import BriefPrices, PaidAgain
from ppkit.widgets.assistant.draft_keeper import DraftKeeper
from ppkit.widgets.assistant.picture_panel import PictureHost
from ppkit.widgets.assistant.post_desk import PostDesk
from ppkit.widgets.assistant.post_preview import preview_of
from ppkit.widgets.assistant.post_streams import PostStreams
from ppkit.widgets.base.problems import Problem, problem_of
from ppkit.widgets.base.view import DeltaBuffer, Fields, Secrets

if TYPE_CHECKING:
    from ppkit.clock import Clock
    from ppkit.drafts import Draft

CHIPS = (
    Refinement.SHORTER,
    Refinement.LONGER,
    Refinement.MORE_FORMAL,
    Refinement.WARMER,
    Refinement.ANOTHER_OPENING,
)
INTO = {"it": Refinement.IN_ENGLISH, "en": Refinement.IN_ITALIAN}
"""The chip for the other language, by that of the post."""


class PostHost(PictureHost, Protocol):
    """What the panel needs of the window that it is a part of."""

    form: BriefForm
    problem: Problem | None

    def wrote(self) -> None:
        """Told once the posts of a new brief are there, and their draft."""

    def went_on(self) -> None:
        """Told of a call that the linked key has paid."""

    def stream(self, name: str, clock: Clock) -> DeltaBuffer: ...

    def send(self, content: Any, callbacks: Any = None, buffers: Any = None) -> None: ...


class PostPanel:
    """The posts on the desk; everything paid goes through the window's `call`."""

    def __init__(self, window: PostHost) -> None:
        self._window = window
        self.desk = PostDesk()
        self.streams = PostStreams(window)
        self._keeper = DraftKeeper(window.session, self._not_kept)
        self._made = 0  # how often something was written, so that the page can tell a new time
        self._is_editing = False
        self._typed = ""  # what was last told of a text that is being edited
        self._words = ""  # a wish in free words, until it is answered
        self._exported = ""  # the file that was handed out last

    def page(self, picture_size: str | None) -> Mapping[str, object]:
        post, adaptable = self.desk.shown, self._adaptable
        prices = BriefPrices(self._window.session.assistant)
        return {
            "post": post,
            "variant_posts": self.desk.variants,
            "chosen": self.desk.chosen,
            "previews": [preview_of(one, picture_size) for one in self.desk.posts],
            "can_undo": self.desk.can_undo,
            "chips": (*CHIPS, INTO[self._language]),
            "post_language": self._language,
            "adaptable": [networks()[name].label for name in adaptable],
            "adapt_price": prices.adaptation(self.desk.posts[0], adaptable) if adaptable else None,
            "adapted": [networks()[name].label for name in self._adapted],
            "readapt_price": prices.adaptation(self.desk.posts[0], self._adapted) if self._adapted else None,
            "edited_by_hand": [networks()[name].label for name in self.desk.edited_by_hand],
            "hides_hand_edit": self.desk.hides_hand_edit,
            "refine_price": prices.refinement(post) if post else None,
            "posts_made": self._made,
            "editing": self._is_editing,
            "wish_words": self._words,
            "streams": self.streams.shown,
            "draft": self._keeper.draft,
            "exported": self._exported,
        }

    def actions(self) -> Mapping[str, Callable[[Fields, Secrets], None]]:
        return {
            "write": self._write,
            "refine": self._refine,
            "adapt": lambda *_: self._adapt(self._adaptable),
            "readapt": lambda *_: self._adapt(self._adapted),
            "choose": lambda fields, _: self._choose(int(fields["variant"])),
            "show": lambda fields, _: self._show(fields["network"]),
            "edit_text": lambda *_: self._edit(True),
            "close_text": lambda *_: self._edit(False),
            "save_text": lambda fields, _: self._save_text(fields["text"]),
            "cut": lambda *_: self._cut(),
            "undo": lambda *_: self._undo(),
            "export": lambda *_: self._export(),
        }

    def tell_count(self, text: str) -> None:
        """While it is being edited: how long it would be, without a new page."""
        if self.desk.shown:
            self._typed = text
            found = preview_of(self.desk.shown.edited(text)).count
            number = {
                name: formats.number(getattr(found, name), self._window.texts.language)
                for name in ("used", "longest")
            }
            unit = self._window.texts(f"assistant.unit.{found.unit}")
            told = self._window.texts("assistant.post.characters", **number, unit=unit)
            masked = self._window.has_masked_key
            told = self._window.texts("common.key_masked") if masked else told
            self._window.send(
                {"type": "told", "name": "count", "text": told, "wrong": masked or found.over > 0}
            )

    # --- paid

    def _write(self, fields: Fields, _secrets: Secrets) -> None:
        self._save_typed()
        self._window.take_wishes(fields)
        if self._window.has_topic(or_picture=True) and not self._window.holds_back():
            self._write_variants(self._window.brief(), self._window.wishes["client"], 0)

    def _write_variants(self, brief: Brief, client: str, made: int) -> None:
        """Those that are missing: `made` of them are there."""
        window, assistant = self._window, self._window.session.assistant
        add = self._begin([brief.network] * (brief.variants - made))

        def written() -> Posts:
            if brief.variants == 1:
                return Posts((assistant.write_post(brief, lambda piece: add(0, piece), self._stopped()),))
            return assistant.variants(brief, None, add, self._stopped(), made=made)

        def then(posts: Posts) -> None:
            if made:
                self.desk.add_variants(posts)
                self._keeper.add(posts, brief, client)
                self._keeper.set_text(self.desk.posts[0])
            else:
                self.desk.begin(brief, posts)
                self._keeper.begin(brief, posts, client)
                window.wrote()
            self._wrote(posts, missing(made + len(posts)))

        def missing(made: int) -> PaidAgain:
            return PaidAgain(
                lambda: self._write_variants(brief, client, made),
                lambda: assistant.estimate_variants(brief, made=made),
            )

        window.call("writing", written, then, missing(made), client)

    def _refine(self, fields: Fields, _secrets: Secrets) -> None:
        self._save_typed()
        post, brief, wish = self.desk.shown, self.desk.brief, fields["wish"]
        if post and brief:
            self._words = "" if wish in list(Refinement) else wish
        if post and brief and not self._window.holds_back():
            self._refine_one(post, brief, self.desk.chosen, wish, self._window.client)

    def _refine_one(self, post: Post, brief: Brief, variant: int, wish: str, client: str) -> None:
        """This post, whichever is on show when the answer comes or the wish is repeated."""
        window, assistant = self._window, self._window.session.assistant
        add = self._begin([post.network.name])

        def then(refined: Post) -> None:
            self.desk.put(refined, variant)
            self._keeper.add([refined], brief, client)
            self._wrote(Posts((refined,)))

        window.call(
            "writing",
            lambda: assistant.refine(post, wish, lambda piece: add(0, piece), self._stopped()),
            then,
            PaidAgain(
                lambda: self._refine_one(post, brief, variant, wish, client),
                lambda: assistant.estimate_refinement(post, wish),
            ),
            client,
        )

    def _adapt(self, names: Sequence[str]) -> None:
        """To all of these networks, from the post for the brief's own."""
        self._save_typed()
        brief = self.desk.brief
        if brief and names:
            self._adapt_one(self.desk.posts[0], brief, names, self._window.client)

    def _adapt_one(self, post: Post, brief: Brief, names: Sequence[str], client: str) -> None:
        window, assistant, add = self._window, self._window.session.assistant, self._begin(names)

        def then(posts: Posts) -> None:
            for one in posts:
                self.desk.put(one)
            self.desk.show(posts[0].network.name)
            self._keeper.add(posts, brief, client)
            self._wrote(posts, missing(names[len(posts) :]))

        def missing(names: Sequence[str]) -> PaidAgain:
            return PaidAgain(
                lambda: self._adapt_one(post, brief, names, client),
                lambda: assistant.estimate_adaptation(post, names),
            )

        window.call(
            "writing",
            lambda: assistant.adapt(post, names, add, self._stopped()),
            then,
            missing(names),
            client,
        )

    def _begin(self, names: Sequence[str]) -> Callable[[int, str], None]:
        self._is_editing, self._exported = False, ""
        return self.streams.begin([networks()[name] for name in names])

    def _stopped(self) -> Callable[[], bool]:
        """Of the work that is begun now: the next one has a stop of its own."""
        return self._window.stop_asked.is_set

    def _wrote(self, posts: Posts, rest: PaidAgain | None = None) -> None:
        """Also after a stop: the text so far then gets its receipt. `rest` asks for what is missing."""
        window = self._window
        self.streams.clear()
        self._words = ""
        self._made += 1
        window.news = window.texts("assistant.stopped" if window.stop_asked.is_set() else "assistant.written")
        if any(post.purse is Purse.OWN_KEY for post in posts):
            window.went_on()
        if posts.trouble and rest:
            window.again = rest
        window.problem = posts.trouble or posts[-1].trouble or window.problem

    # --- free of charge

    def _save_typed(self) -> None:
        """Nothing that was typed is lost to what comes next, and nothing is asked for of the old text."""
        if self._is_editing and self._typed:
            self._save_text(self._typed)

    def _choose(self, number: int) -> None:
        self._save_typed()
        self.desk.choose(number)
        self._changed()

    def _show(self, network: str) -> None:
        self._save_typed()
        self.desk.show(network)
        self._is_editing, self._exported = False, ""

    def _edit(self, is_editing: bool) -> None:
        self._is_editing, self._typed = is_editing, ""

    def _save_text(self, text: str) -> None:
        post = self.desk.shown
        if post and text.strip() and text != post.text:
            self.desk.put(post.edited(text), by_hand=True)
        self._changed()

    def _cut(self) -> None:
        post = self.desk.shown
        if post:
            self.desk.put(post.edited(fitted(post.text, post.network)))
            self._changed()

    def _undo(self) -> None:
        self.desk.undo()
        self._changed()

    def _changed(self) -> None:
        self._is_editing, self._exported = False, ""
        if self.desk.shown:
            self._keeper.set_text(self.desk.shown)

    @property
    def _adaptable(self) -> Sequence[str]:
        """The chosen networks that have no post yet."""
        written = {post.network.name for post in self.desk.posts}
        return [name for name in self._window.form.networks if written and name not in written]

    @property
    def _adapted(self) -> Sequence[str]:
        """Those that were adapted already, and can be once more: their posts of now stay one step back."""
        return [post.network.name for post in self.desk.posts[1:]]

    @property
    def _language(self) -> str:
        """Of the post on show."""
        post = self.desk.shown
        if post and post.conversation:
            return post.conversation.brief.language
        return self._window.wishes.get("language", "") or self._window.texts.language

    # --- the draft

    @property
    def draft(self) -> Draft | None:
        return self._keeper.draft

    def set_client(self, client: str) -> None:
        self._keeper.set_client(client)

    def keep_picture(self, picture: Picture) -> None:
        self._keeper.add_image(picture)

    def _not_kept(self, error: PpkitError) -> None:
        self._window.problem = problem_of(error)

    def _export(self) -> None:
        window = self._window
        made = self._keeper.export(window.network.name)
        if made:
            self._exported = made.name
            window.news = window.texts("assistant.exported", name=made.name)
            media_type = MEDIA_TYPES[made.name.rpartition(".")[2]]
            message = {"type": "download", "name": made.name, "media_type": media_type}
            window.send(message, buffers=[made.content])
