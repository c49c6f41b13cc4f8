"""What the Assistant's window tells before anything is sent: an estimate, where one can be made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ppkit.ai_assistant import Assistant, Brief, Estimate, Post, Refinement
from ppkit.ai_assistant.brief import LONGEST_TOPIC
from ppkit.errors import PpkitError


@dataclass(frozen=True, slots=True)
class PaidAgain:
    """A paid call once more, or what is left of it, and what that would take."""

    ask: Callable[[], None]
    estimate: Callable[[], Estimate]

    def __call__(self) -> None:
        self.ask()

    @property
    def price(self) -> Estimate | None:
        """None where nothing pays."""
        return estimated(self.estimate)


class BriefPrices:
    """Estimates for the buttons; None where nothing pays, or the brief cannot be written."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    def posts(self, brief: Callable[[], Brief]) -> Estimate | None:
        """All variants of the brief."""
        return estimated(lambda: self._of(brief()))

    def refinement(self, post: Post) -> Estimate | None:
        return estimated(lambda: self._assistant.estimate_refinement(post, Refinement.SHORTER))

    def adaptation(self, post: Post, to: Sequence[str]) -> Estimate | None:
        return estimated(lambda: self._assistant.estimate_adaptation(post, to))

    def voice(self) -> Estimate | None:
        """For three samples of the greatest length."""
        return estimated(lambda: self._assistant.estimate_voice([LONGEST_TOPIC * "a"] * 3))

    def _of(self, brief: Brief) -> Estimate:
        if brief.variants == 1:
            return self._assistant.estimate_post(brief)
        return self._assistant.estimate_variants(brief)


def estimated(estimate: Callable[[], Estimate]) -> Estimate | None:
    """None where nothing pays, or what is asked for cannot be made: that is told when it is asked for."""
    try:
        return estimate()
    except PpkitError:
        return None
