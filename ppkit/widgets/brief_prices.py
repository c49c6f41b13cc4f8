"""What the Assistant's window tells before anything is sent: an estimate, where one can be made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ppkit.ai_assistant import Assistant, Brief, Estimate, Post, Refinement
from ppkit.ai_assistant.brief import LONGEST_TOPIC
from ppkit.errors import PpkitError


class BriefPrices:
    """Estimates for the buttons; None where nothing pays, or the brief cannot be written."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    def posts(self, brief: Callable[[], Brief]) -> Estimate | None:
        """All variants of the brief."""
        return self._estimated(lambda: self._of(brief()))

    def refinement(self, post: Post) -> Estimate | None:
        return self._estimated(lambda: self._assistant.estimate_refinement(post, Refinement.SHORTER))

    def adaptation(self, post: Post, to: Sequence[str]) -> Estimate | None:
        return self._estimated(lambda: self._assistant.estimate_adaptation(post, to))

    def voice(self) -> Estimate | None:
        """For three samples of the greatest length."""
        return self._estimated(lambda: self._assistant.estimate_voice([LONGEST_TOPIC * "a"] * 3))

    def _of(self, brief: Brief) -> Estimate:
        if brief.variants == 1:
            return self._assistant.estimate_post(brief)
        return self._assistant.estimate_variants(brief)

    @staticmethod
    def _estimated(estimate: Callable[[], Estimate]) -> Estimate | None:
        try:
            return estimate()
        except PpkitError:
            return None
