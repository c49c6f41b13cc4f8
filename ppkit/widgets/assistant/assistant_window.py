"""The AI Assistant's window: a brief becomes posts and an image, each with its price before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from threading import Event
from typing import TYPE_CHECKING, ClassVar, TypeVar

from ppkit.ai_assistant import (
    Brief,
    ModelChoice,
    Network,
    Picture,
    Pictures,
    Post,
    Posts,
    Purse,
    Tone,
    networks,
    own_pictures,
)
from ppkit.metering.tags import tags
from ppkit.onboarding.lessons import lesson_named
from ppkit.practice_link import PagesPort
from ppkit.widgets.assistant.brief_form import HASHTAG_CHOICES, IN_SIGHT, BriefForm
from ppkit.widgets.assistant.brief_prices import BriefPrices, PaidAgain
from ppkit.widgets.assistant.key_panel import KeyPanel
from ppkit.widgets.assistant.picture_desk import own_file
from ppkit.widgets.assistant.picture_panel import PicturePanel
from ppkit.widgets.assistant.post_panel import PostPanel
from ppkit.widgets.assistant.running_meter import RunningMeter
from ppkit.widgets.assistant.voice_panel import VoicePanel
from ppkit.widgets.base.lesson_links import link_to
from ppkit.widgets.base.problems import Problem
from ppkit.widgets.base.thumbnails import thumbnail
from ppkit.widgets.base.view import Fields, Secrets
from ppkit.widgets.base.window import Action, Window

if TYPE_CHECKING:
    from ppkit.sessions import Session

OF_THE_NEXT_CALL = frozenset({"wish", "payer"})
"""Choices in the form: made while a call is under way, they count from its end."""
Result = TypeVar("Result")


class AssistantWindow(Window):
    """Draws `session.assistant`; what was typed and made lives in its parts, the rules live there.

    The parts: the form, the posts, the image, the brand's voice, the door for a key, the meter.
    """

    template: ClassVar[str] = "assistant"
    interrupts: ClassVar[frozenset[str]] = Window.interrupts | OF_THE_NEXT_CALL

    def begin(self) -> None:
        # Shared with the Assistant's windows of other lessons: who goes on there need not type it again.
        self.wishes = self.window_group.wishes
        self.pictures = {}
        self.form = BriefForm(self.session, self.wishes)
        self.again: PaidAgain | None = None  # the paid call that failed, or what is left of it
        self._problem_of_call: Problem | None = None  # the one that `again` is about
        self._post_panel = PostPanel(self)
        self._picture_panel = PicturePanel(self)
        self._voice_panel = VoicePanel(self)
        self._key_panel = KeyPanel(self)
        self._meter = RunningMeter(self.session)
        self._doing = ""  # "writing", "drawing" and so on, while at work
        self._needs_key = False  # whether the last paid call could not be paid
        self._topic_missing = False
        self._chosen_meanwhile: list[Fields] = []
        self._models: Sequence[ModelChoice] = ()
        self._port: PagesPort | None = None

    def move_to(self, session: Session) -> None:
        """What the post is to be about goes along to the other mode."""
        shown = self.form.picture
        super().move_to(session)
        self.form.picture = shown

    def look(self) -> None:
        if self.session.mode == "practice" and self._port is None:
            self.watch(self.session.practice_link.pages_port, self._found_practice)
        if not self._models:
            self.watch(self._listed_models, self._found_models)

    def page(self) -> Mapping[str, object]:
        accounting, picture = self.session.accounting, self._picture_panel.picture
        return {
            "wishes": self.wishes,
            "chosen_networks": self.form.networks,
            "in_sight": IN_SIGHT,
            "known_clients": self.form.known_clients,
            "variants": self.form.variants,
            "topic_missing": self._topic_missing,
            "own_pictures": own_pictures.are_taken(),
            "brief_picture": self.form.picture,
            "brief_picture_name": self.form.picture_name,
            "networks": networks(),
            "tones": [tone.value for tone in Tone],
            "hashtag_choices": HASHTAG_CHOICES,
            "models": self._models,
            "post_price": BriefPrices(self.session.assistant).posts(self.brief),
            "doing": self._doing,
            "stopped": self.stop_asked.is_set(),
            "may_go_on": self._needs_key and self.again is not None,
            "may_retry": self._may_retry,
            "again_price": self.again.price if self.again and not self._doing else None,
            "credits_quota": accounting.plan_credits.quota if self.session.mode == "practice" else None,
            "payer": self.session.assistant.purses.preferred,
            "spent_here": self._meter.spent,
            "left": self._meter.left(),
            "texts_per_image": self._meter.texts_per_image,
            "practice_port": self._port,
            "costs_link": self._costs_link,
            **self._key_panel.page(),
            **self._voice_panel.page(),
            **self._post_panel.page(picture.size if picture else None),
            **self._picture_panel.page(),
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            "wish": lambda fields, _: self.take_wishes(fields),
            "brief_picture": self._show_picture,
            "drop_brief_picture": lambda *_: self._drop_picture(),
            "retry": lambda *_: self.again() if self.again else None,
            "payer": lambda fields, _: self.take_wishes(fields),
            **self._key_panel.actions(),
            **self._voice_panel.actions(),
            **self._post_panel.actions(),
            **self._picture_panel.actions(),
        }

    def redraw(self) -> None:
        """From one look at the purse: every button on the page has its price."""
        with self.session.assistant.purses.one_look():
            super().redraw()

    def receive(self, action: str, fields: Fields, secrets: Secrets) -> None:
        if action == "typed":  # comes with every pause in typing: nothing is redrawn
            self._post_panel.tell_count(fields.get("text", ""))
        elif self.working and action in OF_THE_NEXT_CALL:
            self._chosen_meanwhile.append(fields)
        else:
            if action in self.actions():
                self._key_panel.was_asked = action == "link"
            super().receive(action, fields, secrets)

    def _ended(self, asked: Event, then: Callable[[], None]) -> None:
        def and_chosen() -> None:
            then()
            self._take_chosen()

        super()._ended(asked, and_chosen)

    def _take_chosen(self) -> None:
        """What was chosen while a call was under way, which it did not change."""
        chosen, self._chosen_meanwhile = self._chosen_meanwhile, []
        for fields in chosen:
            self.take_wishes(fields)

    # --- the brief

    def take_wishes(self, fields: Fields) -> None:
        """Everything that the form says, also who pays. Raises ValueError for what is not offered."""
        if fields.get("payer"):
            self.session.assistant.purses.preferred = Purse(fields["payer"])
        before = self.wishes["network"]
        self.form.take(fields)
        self._picture_panel.take_wishes(fields, network_before=before)
        self._post_panel.set_client(self.wishes["client"])

    def brief(self, **changes: str) -> Brief:
        """The brief as it stands; without a topic yet, the example's, so that a price can be shown."""
        example, language = self.texts("assistant.topic_example"), self.window_group.language
        return self.form.brief(example, language, **changes)

    def has_topic(self, *, or_picture: bool = False) -> bool:
        has_one = self.form.has_subject if or_picture else bool(self.wishes["topic"].strip())
        self._topic_missing = not has_one
        if self._topic_missing:
            self.news = self.texts("assistant.topic_missing")
        return not self._topic_missing

    def _show_picture(self, fields: Fields, _secrets: Secrets) -> None:
        """Raises NoPictureFile, PictureTooLarge."""
        self.take_wishes(fields)
        self.form.show(own_file(fields, self.files.get("brief_picture", b"")))
        self._topic_missing = False
        self.news = self.texts("assistant.brief_picture.taken")

    def _drop_picture(self) -> None:
        self.form.picture = None

    def picture(self, name: str) -> bytes | None:
        """ "brief-…" is what the post is to be about, small; the others are those of the picture panel."""
        if name and name == self.form.picture_name and self.form.picture:
            return thumbnail(self.form.picture.data)
        return super().picture(name)

    # --- what the parts ask of it

    @cached_property
    def picture_numbers(self) -> Mapping[str, Iterator[int]]:
        """They go on when the mode changes: the page still holds the images of the other one."""
        return {"picture": count(1), "partial": count(1)}

    def call(
        self,
        doing: str,
        function: Callable[[], Result],
        then: Callable[[Result], None],
        again: PaidAgain,
        client: str,
    ) -> None:
        labels = self.session.accounting.agency.tags_of(client)
        self.again, self._doing, self._needs_key = again, doing, False

        def ended(result: Result) -> None:
            self._doing = ""
            if self.stop_asked.is_set() or not _has_trouble(result):
                self.again = None  # it is paid: nothing else on this page may pay for it once more
            self._meter.note(result)
            then(result)
            self._note_problem()

        with tags(**labels):  # the work is done in a thread that sees what is in force here
            self.work(function, ended, doing)

    def wrote(self) -> None:
        """The image on show was made for the post before; what this one is about is its own."""
        self._picture_panel.begin_post()
        brief = self._post_panel.desk.brief
        if brief and brief.shown_picture:
            self._picture_panel.desk.show_own(brief.shown_picture)

    def keep_picture(self, picture: Picture) -> None:
        self._post_panel.keep_picture(picture)

    def picture_made(self, picture: Picture) -> None:
        self.keep_picture(picture)
        if picture.purse is Purse.OWN_KEY:
            self.has_done("create.image")
            self.went_on()

    def went_on(self) -> None:
        """After a limit has stopped the learner, the next call that goes through ends that exercise."""
        self.has_done("costs.went_on", after="costs.stopped")

    @property
    def draft_id(self) -> int | None:
        draft = self._post_panel.draft
        return draft.id if draft else None

    @property
    def client(self) -> str:
        """That of the draft on show; what is typed meanwhile is for the next brief."""
        draft = self._post_panel.draft
        return draft.client if draft else self.wishes["client"]

    @property
    def post(self) -> Post | None:
        return self._post_panel.desk.shown

    @property
    def network(self) -> Network:
        return self.post.network if self.post else networks()[self.wishes["network"]]

    def _failed(self, error: Exception) -> None:
        if self.stop_asked.is_set():
            return
        is_of_call = self._doing != ""  # else that of other work, such as the check of a key
        if self._doing == "writing":
            self._post_panel.streams.clear()
        self._doing = ""
        super()._failed(error)
        if is_of_call:
            self._note_problem()

    def _note_problem(self) -> None:
        """What follows from the card on show: a key is missing, or the limit did what the lesson shows."""
        self._problem_of_call = self.problem if self.again else None
        code = self.card.code if self.card else ""
        self._needs_key = code == "needs_key"
        if code == "ppkit_hard_limit_reached":
            self.has_done("costs.stopped")

    def _stop(self, fields: Fields, secrets: Secrets) -> None:
        """A request without an answer cannot be called back: it ends in its thread, and is booked."""
        if self.stoppable:
            super()._stop(fields, secrets)
            self._post_panel.streams.end()
            self._doing = ""
            self.let_go()
            self._take_chosen()
            self.news = self.texts("assistant.stopped")

    @property
    def _may_retry(self) -> bool:
        """Whether the card on show is about a paid call: that of a free action must not offer to pay."""
        return self.again is not None and self.problem is not None and self.problem is self._problem_of_call

    # --- who pays, and what is looked up

    @property
    def _costs_link(self) -> str:
        """The lesson about costs, where its window is not on this page; empty where it is."""
        if self.window_group.shows("costs") or not self.window_group.lesson:
            return ""
        return link_to(lesson_named("costs").files, self.window_group.language)

    def _listed_models(self) -> Sequence[ModelChoice]:
        """Free of charge; without an answer the form offers our own wishes, by name."""
        try:
            return self.session.assistant.models()
        except Exception:
            return ()

    def _found_models(self, models: Sequence[ModelChoice]) -> None:
        self._models = models

    def _found_practice(self, port: PagesPort | None) -> None:
        self._port = port


def _has_trouble(result: object) -> bool:
    """Of several things, the first one's own is trouble of the call only where there are no others."""
    alone = result[0] if isinstance(result, Posts | Pictures) and len(result) == 1 else result
    return any(getattr(one, "trouble", None) is not None for one in (result, alone))
