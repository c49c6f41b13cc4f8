"""The AI Assistant's window: a brief becomes a post and an image, each with its price before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ppkit.ai_assistant import Brief, Estimate, NeedsKey, Picture, Post, Purse, Tone, networks
from ppkit.ai_assistant.drawing import Quality
from ppkit.checkup import Finding, Rung, State, preferred_models
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, parse_pasted_key
from ppkit.onboarding import StepName
from ppkit.onboarding.lessons import lesson_named
from ppkit.practice_link import PagesPort
from ppkit.widgets.lesson_links import link_to
from ppkit.widgets.view import DeltaBuffer, Fields, Secrets
from ppkit.widgets.window import Action, Window

WISHES = ("topic", "network", "tone", "language", "model", "size", "quality")
SIZES = ("1024x1024", "1024x1536", "1536x1024")
QUALITIES: tuple[Quality, ...] = ("low", "medium", "high")


class AssistantWindow(Window):
    """Draws `session.assistant`; what was typed and made lives here, the rules live there."""

    template: ClassVar[str] = "assistant"

    def begin(self) -> None:
        # Shared with the Assistant's windows of other lessons: who goes on there need not type it again.
        self._wishes = self.window_group.wishes
        for name, usual in {"topic": "", "network": "instagram", "tone": Tone.FRIENDLY.value}.items():
            self._wishes.setdefault(name, usual)
        self._post: Post | None = None
        self._picture: Picture | None = None
        self.pictures = {}
        self._made = {"post": 0, "picture": 0}  # how many so far, so that the page can tell a new one
        self._stream: DeltaBuffer | None = None
        self._doing = ""  # "writing" or "drawing" while at work
        self._last: Action | None = None
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
            "wishes": self._wishes,
            "topic_missing": self._topic_missing,
            "networks": networks(),
            "tones": [tone.value for tone in Tone],
            "model_options": [(model, self._estimate_post(model)) for model in preferred_models("text")],
            "sizes": SIZES,
            "size": self._size,
            "quality_options": [(quality, self._estimate_image(quality)) for quality in QUALITIES],
            "credits_left": assistant.purses.left(),
            "credits_quota": self.session.accounting.plan_credits.quota
            if self.session.mode == "practice"
            else None,
            "payer": assistant.purses.preferred,
            "linked": linked,
            "key_lost": linked is None and self._had_key,
            "key_panel": self._key_panel,
            "post": self._post,
            "picture": self._picture,
            "made": self._made,
            "doing": self._doing,
            "streamed": self._stream.shown if self._stream else "",
            "stopped": self.stop_asked.is_set(),
            "practice_port": self._port,
            "costs_link": self._costs_link,
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            "wish": lambda fields, _: self._take_wishes(fields),
            "write": self._write,
            "draw": self._draw,
            "retry": lambda *_: self._last({}, {}) if self._last else None,
            "payer": self._choose_payer,
            "open_key": lambda *_: self._show_key_panel(True),
            "close_key": lambda *_: self._show_key_panel(False),
            "link": self._check_and_link,
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

    def _take_wishes(self, fields: Fields) -> None:
        taken = {name: fields[name] for name in WISHES if name in fields}
        is_moving = taken.get("network", self._wishes["network"]) != self._wishes["network"]
        if is_moving and taken.get("size") in (None, self._size):
            # Each network has its own shape, and the form still shows that of the one before.
            taken["size"] = networks()[taken["network"]].classic_size
        self._wishes.update(taken)

    @property
    def _size(self) -> str:
        """The image's, "WxH": the network's own until the user chooses another."""
        return self._wishes.get("size") or networks()[self._wishes["network"]].classic_size

    def _brief(self, **changes: str) -> Brief:
        """The brief as it stands; without a topic yet, the example's, so that a price can be shown."""
        wishes: dict[str, Any] = {"language": self.window_group.language, **self._wishes, **changes}
        topic = wishes["topic"].strip() or self.texts("assistant.topic_example")
        names = ("network", "tone", "language", "model")
        return Brief(topic=topic, **{name: wishes[name] for name in names if name in wishes})

    def _estimate_post(self, model: str) -> Estimate | None:
        try:
            return self.session.assistant.estimate_post(self._brief(model=model))
        except NeedsKey:
            return None

    def _estimate_image(self, quality: str) -> Estimate | None:
        try:
            return self.session.assistant.estimate_image(self._brief(), self._size, _quality(quality))
        except NeedsKey:
            return None

    # --- writing and drawing

    def _write(self, fields: Fields, _secrets: Secrets) -> None:
        self._last = self._write
        self._take_wishes(fields)
        if self._has_topic():
            brief, stream = self._brief(), self.stream("post", self.session.clock)
            self._stream, self._doing = stream, "writing"
            self.work(lambda: self._streamed(brief, stream), self._written, "writing")

    def _streamed(self, brief: Brief, stream: DeltaBuffer) -> Post:
        stopped = self.stop_asked.is_set

        def add(piece: str) -> None:
            if not stopped():  # the next text may be growing there by now
                stream.add(piece)

        return self.session.assistant.write_post(brief, add, stopped)

    def _written(self, post: Post) -> None:
        """Also after a stop: the text so far then gets its receipt."""
        self._post, self._stream, self._doing = post, None, ""
        self._made["post"] += 1
        self._picture, self.pictures = None, {}  # it was made for the post before
        self.problem = post.trouble or self.problem  # a stream that broke leaves what had come
        self.news = self.texts("assistant.stopped" if self.stop_asked.is_set() else "assistant.written")
        if post.purse is Purse.OWN_KEY:
            self._went_on()

    def _draw(self, fields: Fields, _secrets: Secrets) -> None:
        self._last = self._draw
        self._take_wishes(fields)
        if self._has_topic():
            brief, size = self._brief(), self._size
            quality = _quality(self._wishes.get("quality", "low"))
            self._doing = "drawing"
            self.work(lambda: self.session.assistant.draw(brief, size, quality), self._drawn, "drawing")

    def _drawn(self, picture: Picture) -> None:
        if self.stop_asked.is_set():
            return  # nobody waits for it any more; it is in the books
        self._picture, self._doing = picture, ""
        self._made["picture"] += 1
        self.pictures = {"picture": picture.data}
        self.news = self.texts("assistant.drawn")
        if picture.purse is Purse.OWN_KEY:
            self.has_done("create.image")
            self._went_on()

    def _went_on(self) -> None:
        """After a limit has stopped the learner, the next call that goes through ends that exercise."""
        self.has_done("costs.went_on", after="costs.stopped")

    def _has_topic(self) -> bool:
        self._topic_missing = not self._wishes["topic"].strip()
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


def _quality(name: str) -> Quality:
    """Raises ValueError for a quality that is not offered."""
    for quality in QUALITIES:
        if quality == name:
            return quality
    raise ValueError("no such quality")
