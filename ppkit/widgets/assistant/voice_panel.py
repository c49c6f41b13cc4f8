"""A brand's voice in the Assistant's window: made from three sample posts, kept for the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ppkit.ai_assistant import PaidText
from ppkit.widgets.assistant.brief_form import BriefForm
from ppkit.widgets.assistant.brief_prices import BriefPrices, PaidAgain
from ppkit.widgets.assistant.picture_panel import PictureHost
from ppkit.widgets.base.view import Fields, Secrets

SAMPLES = ("sample1", "sample2", "sample3")


class VoiceHost(PictureHost, Protocol):
    """What the panel needs of the window that it is a part of."""

    form: BriefForm


class VoicePanel:
    """The voice of the client that is chosen, and the receipt of the one made last."""

    def __init__(self, window: VoiceHost) -> None:
        self._window = window
        self._made: PaidText | None = None
        self._typed: Fields = {}

    def page(self) -> Mapping[str, object]:
        window = self._window
        voice = window.form.voice
        return {
            "voice": voice,
            "voice_made": self._made if self._made and self._made.text == voice else None,
            "voice_price": None if voice else BriefPrices(window.session.assistant).voice(),
            "voice_samples": [(name, self._typed.get(name, "")) for name in SAMPLES],
        }

    def actions(self) -> Mapping[str, Callable[[Fields, Secrets], None]]:
        return {"make_voice": self._make, "drop_voice": self._drop}

    def _make(self, fields: Fields, _secrets: Secrets) -> None:
        window = self._window
        self._typed = fields
        samples = [fields.get(name, "") for name in SAMPLES]
        language = window.wishes.get("language", "") or window.texts.language
        if window.holds_back():
            return
        self._make_for(window.wishes["client"], samples, language)

    def _make_for(self, client: str, samples: Sequence[str], language: str) -> None:
        window = self._window
        window.call(
            "reading",
            lambda: window.session.assistant.brand_voice(samples, language),
            lambda voice: self._keep(voice, client),
            PaidAgain(
                lambda: self._make_for(client, samples, language),
                lambda: window.session.assistant.estimate_voice(samples, language),
            ),
            client,
        )

    def _drop(self, _fields: Fields, _secrets: Secrets) -> None:
        self._window.form.keep_voice("", self._window.wishes["client"])

    def _keep(self, voice: PaidText, client: str) -> None:
        window = self._window
        self._made, self._typed = voice, {}
        window.form.keep_voice(voice.text, client)
        window.news = window.texts("assistant.voice.made")
