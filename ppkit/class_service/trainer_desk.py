"""What a trainer does with a lesson that is being served: each deed, and what is told of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ppkit.class_line import can_be_shown
from ppkit.class_service.running_lesson import RunningLesson
from ppkit.classroom import suggestion_named
from ppkit.errors import PpkitError
from ppkit.keys import refuse_keys

LONGEST_MESSAGE = 280


class ClassMessageWrong(PpkitError):
    """A message that is too long, or holds what cannot be shown. Facts: longest."""

    code = "class_message_wrong"


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done: the text "class.done.<name>", whom it concerns, and a new token, which is shown once.

    `ends_access`: whoever was let in is to be asked again.
    """

    name: str = ""
    learner: str = ""
    token: str | None = None
    ends_access: bool = False


NOTHING = Deed()


class TrainerDesk:
    """Carries out what the form of a trainer's page asks for; nothing for a name that it does not know."""

    def __init__(self, served: RunningLesson, *, by_hub: bool) -> None:
        self._served = served
        own: Mapping[str, Callable[[Mapping[str, str]], Deed]] = {
            "reset": self._reset,
            "remove": self._remove,
        }
        self._deeds: Mapping[str, Callable[[Mapping[str, str]], Deed]] = {
            "close": self._close,
            "clear": self._clear,
            "message": self._message,
            "suggest": self._suggest,
            **({} if by_hub else own),  # there places and tokens are the Hub's
        }

    def carry_out(self, form: Mapping[str, str]) -> Deed:
        """Raises ClassMessageWrong, KeyInText, and what the roster raises."""
        deed = self._deeds.get(form.get("do", ""))
        return deed(form) if deed else NOTHING

    def _reset(self, form: Mapping[str, str]) -> Deed:
        learner = form.get("learner", "")
        token = self._served.roster.reset(self._served.id, learner)
        return Deed("reset", learner, token, ends_access=True) if token else NOTHING

    def _remove(self, form: Mapping[str, str]) -> Deed:
        self._served.roster.remove(self._served.id, form.get("learner", ""))
        return Deed(ends_access=True)  # the table tells it

    def _close(self, _form: Mapping[str, str]) -> Deed:
        self._served.roster.end(self._served.id)
        return Deed(ends_access=True)

    def _clear(self, form: Mapping[str, str]) -> Deed:
        """The record here alone: what a learner has done stays in their own files."""
        learner = form.get("learner", "")
        if learner not in {each.pseudonym for each in self._served.roster.learners(self._served.id)}:
            return NOTHING
        self._served.roster.progress.forget(self._served.id, learner)
        return Deed("clear", learner)

    def _message(self, form: Mapping[str, str]) -> Deed:
        message = " ".join(form.get("message", "").split())
        if len(message) > LONGEST_MESSAGE or not can_be_shown(message):
            raise ClassMessageWrong(longest=LONGEST_MESSAGE)
        refuse_keys("message", message)
        self._served.roster.progress.tell(self._served.id, message)
        return Deed("message" if message else "message_withdrawn")

    def _suggest(self, form: Mapping[str, str]) -> Deed:
        name = form.get("suggested", "")
        if name and suggestion_named(name) is None:
            return NOTHING
        self._served.roster.progress.suggest(self._served.id, name)
        return Deed("suggest" if name else "suggest_withdrawn")
