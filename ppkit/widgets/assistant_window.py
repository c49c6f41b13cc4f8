"""The AI Assistant's window: a brief becomes a post and an image, each with its price before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from ppkit.ai_assistant import Brief, Estimate, NeedsKey, Network, Picture, Post, Purse, Tone, networks
from ppkit.checkup import Finding, Rung, State, preferred_models
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, parse_pasted_key
from ppkit.onboarding import StepName
from ppkit.onboarding.lessons import lesson_named
from ppkit.practice_link import PagesPort
from ppkit.widgets.lesson_links import link_to
from ppkit.widgets.picture_panel import PicturePanel
from ppkit.widgets.view import DeltaBuffer, Fields, Secrets
from ppkit.widgets.window import Action, Window

WISHES = ("topic", "network", "tone", "language", "model")
Result = TypeVar("Result")


class AssistantWindow(Window):
    """Draws `session.assistant`; what was typed and made lives here, the rules live there."""

    template: ClassVar[str] = "assistant"

    def begin(self) -> None:
        # Shared with the Assistant's windows of other lessons: who goes on there need not type it again.
        self.wishes = self.window_group.wishes
        for name, usual in {"topic": "", "network": "instagram", "tone": Tone.FRIENDLY.value}.items():
            self.wishes.setdefault(name, usual)
        self.post: Post | None = None
        self.draft_id: int | None = None
        self.pictures = {}
        self._picture_panel = PicturePanel(self)
        self._posts_made = 0  # how many so far, so that the page can tell a new one
        self._stream: DeltaBuffer | None = None
        self._doing = ""  # "writing" or "drawing" while at work
        self._again: Callable[[], None] | None = None  # the last paid call once more
        self._key_panel = False
        self._topic_missing = False
        self._port: PagesPort | None = None

    def look(self) -> None:
        if self.session.mode == "practice" and self._port is None:
            self.watch(self.session.practice_link.pages_port, self._found_practice)

    def page(self) -> Mapping[str, object]:
        assistant = self.session.assistant
        linked = self.session.linked_key
        return {
            "wishes": self.wishes,
            "topic_missing": self._topic_missing,
            "networks": networks(),
            "tones": [tone.value for tone in Tone],
            "model_options": [(model, self._estimate_post(model)) for model in preferred_models("text")],
            "credits_left": assistant.purses.left(),
            "credits_quota": self.session.accounting.plan_credits.quota
            if self.session.mode == "practice"
            else None,
            "payer": assistant.purses.preferred,
            "linked": linked,
            "key_lost": linked is None and self._had_key,
            "key_panel": self._key_panel,
            "post": self.post,
            "posts_made": self._posts_made,
            "doing": self._doing,
            "streamed": self._stream.shown if self._stream else "",
            "stopped": self.stop_asked.is_set(),
            "practice_port": self._port,
            "costs_link": self._costs_link,
            **self._picture_panel.page(),
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            "wish": lambda fields, _: self.take_wishes(fields),
            "write": self._write,
            "retry": lambda *_: self._again() if self._again else None,
            "payer": self._choose_payer,
            "open_key": lambda *_: self._show_key_panel(True),
            "close_key": lambda *_: self._show_key_panel(False),
            "link": self._check_and_link,
            **self._picture_panel.actions(),
        }

    @property
    def _had_key(self) -> bool:
        """Whether a key was linked that a restart has lost; progress that cannot be read shows none."""
        try:
            return self.session.wizard.has_linked
        except PpkitError:
            return False

    @property
    def _costs_link(self) -> str:
        """The lesson about costs, where its window is not on this page; empty where it is."""
        if self.window_group.shows("costs") or not self.window_group.lesson:
            return ""
        return link_to(lesson_named("costs").files, self.window_group.language)

    # --- the brief, and what it would cost

    def take_wishes(self, fields: Fields) -> None:
        before = self.wishes["network"]
        self.wishes.update({name: fields[name] for name in WISHES if name in fields})
        self._picture_panel.take_wishes(fields, network_before=before)

    @property
    def network(self) -> Network:
        return self.post.network if self.post else networks()[self.wishes["network"]]

    def brief(self, **changes: str) -> Brief:
        """The brief as it stands; without a topic yet, the example's, so that a price can be shown."""
        wishes: dict[str, Any] = {"language": self.window_group.language, **self.wishes, **changes}
        topic = wishes["topic"].strip() or self.texts("assistant.topic_example")
        names = ("network", "tone", "language", "model")
        return Brief(topic=topic, **{name: wishes[name] for name in names if name in wishes})

    def _estimate_post(self, model: str) -> Estimate | None:
        try:
            return self.session.assistant.estimate_post(self.brief(model=model))
        except NeedsKey:
            return None

    # --- writing and drawing

    def call(
        self,
        doing: str,
        function: Callable[[], Result],
        then: Callable[[Result], None],
        again: Callable[[], None],
    ) -> None:
        self._again, self._doing = again, doing

        def ended(result: Result) -> None:
            if doing == "writing" or not self.stop_asked.is_set():
                self._doing = ""
            then(result)

        self.work(function, ended, doing)

    def _write(self, fields: Fields, _secrets: Secrets) -> None:
        self.take_wishes(fields)
        if self.has_topic():
            brief, stream = self.brief(), self.stream("post", self.session.clock)
            self._stream = stream
            self.call(
                "writing", lambda: self._streamed(brief, stream), self._written, lambda: self._write({}, {})
            )

    def _streamed(self, brief: Brief, stream: DeltaBuffer) -> Post:
        stopped = self.stop_asked.is_set

        def add(piece: str) -> None:
            if not stopped():  # the next text may be growing there by now
                stream.add(piece)

        return self.session.assistant.write_post(brief, add, stopped)

    def _written(self, post: Post) -> None:
        """Also after a stop: the text so far then gets its receipt."""
        self.post, self._stream = post, None
        self._posts_made += 1
        self._picture_panel.clear()
        self.problem = post.trouble or self.problem  # a stream that broke leaves what had come
        self.news = self.texts("assistant.stopped" if self.stop_asked.is_set() else "assistant.written")
        if post.purse is Purse.OWN_KEY:
            self._went_on()

    def picture_made(self, picture: Picture) -> None:
        if picture.purse is Purse.OWN_KEY:
            self.has_done("create.image")
            self._went_on()

    def _went_on(self) -> None:
        """After a limit has stopped the learner, the next call that goes through ends that exercise."""
        self.has_done("costs.went_on", after="costs.stopped")

    def has_topic(self) -> bool:
        self._topic_missing = not self.wishes["topic"].strip()
        if self._topic_missing:
            self.news = self.texts("assistant.topic_missing")
        return not self._topic_missing

    def _failed(self, error: Exception) -> None:
        if self.stop_asked.is_set():
            return
        if self._doing == "writing":
            self._stream = None
        self._doing = ""
        super()._failed(error)
        if self.card and self.card.code == "ppkit_hard_limit_reached":
            self.has_done("costs.stopped")

    def _stop(self, fields: Fields, secrets: Secrets) -> None:
        """A request without an answer cannot be called back: it ends in its thread, and is booked."""
        if self.stoppable:
            super()._stop(fields, secrets)
            if self._stream:
                self._stream.end()
            self._doing = ""
            self.let_go()
            self.news = self.texts("assistant.stopped")

    # --- who pays

    def _choose_payer(self, fields: Fields, _secrets: Secrets) -> None:
        self.session.assistant.purses.preferred = Purse(fields["payer"])

    def _show_key_panel(self, is_open: bool) -> None:
        self._key_panel = is_open

    def _check_and_link(self, _fields: Fields, secrets: Secrets) -> None:
        understood = parse_pasted_key(secrets["key"].get_secret_value(), self.session.mode)
        key = understood.key
        if key is None:
            self.problem = understood
            return
        checkup = self.session.checkup  # without consent: free of charge
        self.work(lambda: checkup.run(key), lambda findings: self._link(key, findings))

    def _link(self, key: ApiKey, findings: list[Finding]) -> None:
        wizard = self.session.wizard
        fallen = next((finding for finding in findings if finding.state is State.FAILED), None)
        recognised = any(one.rung is Rung.SIGN_IN and one.state is State.PASSED for one in findings)
        wizard.observe_checkup(findings, key)
        if fallen:
            self.problem = fallen.diagnosis
        if recognised:
            self.session.link(key)
            wizard.record("link.linked", key=key)
            wizard.go(StepName.LINK)
            self._key_panel = False
            self.news = self.texts("assistant.key.done", key=key.masked)

    def _found_practice(self, port: PagesPort | None) -> None:
        self._port = port
