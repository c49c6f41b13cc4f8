"""A lab: one brief on several models, side by side, with cost, time and length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ppkit.ai_assistant import Brief, Estimate, InvalidBrief, NeedsKey
from ppkit.checkup import Diagnosis, preferred_models
from ppkit.checkup.explain import explain
from ppkit.drafts import ModelComparison
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.widgets.base.window import Action
    from ppkit.widgets.posts.posts_window import PostsWindow


class PostsComparison:
    """A part of the drafts window: what is compared, what it would take, and what came of it."""

    def __init__(self, window: PostsWindow) -> None:
        self._window = window
        self.wishes = {"topic": "", "network": "instagram"}
        self.chosen: Sequence[str] = preferred_models("text")[:2]
        self.topic_missing = False
        self.models_missing = False
        self.is_running = False
        self.made = 0
        self.result: ModelComparison | None = None
        self.kept: set[str] = set()  # models whose text is a draft by now

    @property
    def models(self) -> Sequence[tuple[str, Estimate | None]]:
        """Each model that can be compared, and what it would take; None where nothing pays for it."""
        models, drafts = preferred_models("text"), self._window.session.drafts
        try:
            try:
                estimates = drafts.estimate_comparison(self._brief(), models)
            except InvalidBrief:  # was told when it was sent; the window goes on with the example's price
                estimates = drafts.estimate_comparison(self._brief(""), models)
        except NeedsKey:
            return [(model, None) for model in models]
        return [(model, estimates[model]) for model in models]

    def sentence(self, problem: Diagnosis) -> str:
        return explain(problem, self._window.texts).what

    def actions(self) -> Mapping[str, Action]:
        return {"compare": self._compare, "keep_trial": lambda fields, _: self._keep(fields["model"])}

    def failed(self) -> None:
        self.is_running = False

    def _brief(self, topic: str | None = None) -> Brief:
        """As it stands; without a topic yet, an example's, to show a price. Raises InvalidBrief."""
        texts, network = self._window.texts, self.wishes["network"]
        topic = (self.wishes["topic"] if topic is None else topic).strip() or texts("assistant.topic_example")
        return Brief(topic, network, language=texts.language)

    def _compare(self, fields: Fields, _secrets: Secrets) -> None:
        self.wishes.update({name: fields[name] for name in self.wishes if name in fields})
        self.chosen = [model for model in preferred_models("text") if f"model:{model}" in fields]
        self.topic_missing = not self.wishes["topic"].strip()
        self.models_missing = not self.chosen
        if self._window.holds_back() or self.topic_missing or self.models_missing:
            return  # of a covered key nothing is paid for; the page says so
        brief, models, drafts = self._brief(), tuple(self.chosen), self._window.session.drafts
        self.is_running, self.result, self.kept = True, None, set()
        self._window.work(lambda: drafts.compare(brief, models), self._compared)

    def _compared(self, result: ModelComparison) -> None:
        self.is_running, self.result = False, result
        self.made += 1
        if self._window.comm is None:  # nobody can choose there any more: what was paid for is kept
            for trial in result:
                self._keep(trial.model)
        self._window.news = self._window.texts("posts.compare.done")

    def _keep(self, model: str) -> None:
        for trial in self.result or ():
            if trial.model == model and trial.post and self.result and model not in self.kept:
                self._window.session.drafts.keep(trial.post, self.result.brief)
                self.kept.add(model)
                self._window.export.forget()
                self._window.news = self._window.texts("posts.compare.kept")
