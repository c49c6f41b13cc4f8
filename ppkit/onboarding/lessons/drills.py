"""The drills: ten failures of real life, to be recognised by their symptom, mended, and seen to work again.

The failures are brought about on the practice platform, in an account of their own (see `DrillAccounts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from ppkit.checkup import preferred_models
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, redact, refuse_keys
from ppkit.onboarding.evidence import Evidence
from ppkit.onboarding.lessons.exercise import Exercise, ExerciseAttempt

if TYPE_CHECKING:
    import openai

LONGEST_MESSAGE = 400
OPENING_QUOTE, CLOSING_QUOTE = "“", "”"


class Mending(StrEnum):
    """What the learner does to end a failure, beside what is done on the platform's page."""

    THERE = "there"  # nothing here: on the page alone
    NEW_KEY = "new_key"  # paste the key that was created on the page
    WAIT = "wait"  # let the practice time pass
    EDIT = "edit"  # take out of the pasted text what does not belong there


@dataclass(frozen=True, slots=True)
class Drill:
    """One failure: its cause, what could be taken for it, and where it is mended.

    `page` is the path on the practice console. The texts are "drill.<name>.…".
    """

    name: str
    others: tuple[str, str, str]
    page: str
    mending: Mending = Mending.THERE
    steps: int = 2
    minutes: int = 0
    draws: bool = False
    is_mended_there: bool = True

    @property
    def check(self) -> str:
        return f"drill.{self.name}"

    @property
    def causes(self) -> Exercise:
        """The question for the cause. The right answer is named like the drill, and stands in any place."""
        options = tuple(sorted((self.name, *self.others)))
        return Exercise(self.check, "drill", {"cause": self.name}, {"cause": options})


DRILLS = (
    Drill("chatgpt_only", ("late_credit", "revoked_key", "too_fast"), "billing", steps=3),
    Drill("hold_only", ("late_credit", "limit_reached", "revoked_key"), "billing"),
    Drill(
        "late_credit",
        ("hold_only", "revoked_key", "expired_credit"),
        "billing",
        Mending.WAIT,
        minutes=10,
        is_mended_there=False,
    ),
    Drill(
        "damaged_paste",
        ("no_internet", "revoked_key", "read_only_key"),
        "",
        Mending.EDIT,
        is_mended_there=False,
    ),
    Drill("revoked_key", ("other_project", "damaged_paste", "read_only_key"), "api-keys", Mending.NEW_KEY),
    Drill("read_only_key", ("revoked_key", "chatgpt_only", "not_verified"), "api-keys", Mending.NEW_KEY),
    Drill("other_project", ("revoked_key", "chatgpt_only", "read_only_key"), "api-keys", Mending.NEW_KEY),
    Drill(
        "not_verified",
        ("chatgpt_only", "read_only_key", "too_fast"),
        "general",
        Mending.WAIT,
        minutes=30,
        draws=True,
    ),
    Drill("limit_reached", ("alert_reached", "chatgpt_only", "too_fast"), "limits"),
    Drill("expired_credit", ("late_credit", "hold_only", "revoked_key"), "billing"),
)
ENOUGH = 5
"""So many drills, whichever they are, are enough for the lesson."""

_BY_NAME = {drill.name: drill for drill in DRILLS}


def drill_named(name: str) -> Drill:
    """Raises LookupError for a drill that does not exist, KeyInText for a secret, which that would quote."""
    refuse_keys("drill", name)
    return _BY_NAME[name]


@dataclass(frozen=True, slots=True)
class DrillAccess:
    """What the app holds in a drill: a key, and the project that it names with every call, if any.

    `account` is the id of the account that was made for this drill.
    """

    key: ApiKey
    project: str = ""
    account: str = ""


class DrillTakenOver(PpkitError):
    """Another page has begun or ended a drill since; the account is no longer this one's. No facts."""

    code = "drill_taken_over"


class DrillAccounts(Protocol):
    """The account for drills on the practice platform. Raises PracticeNotAnswering, PracticeRefused."""

    def require_drill(self, access: DrillAccess, *, or_none: bool = False) -> None:
        """Raises DrillTakenOver where the account is no longer that of this drill, or, `or_none`, of none."""

    def begin_drill(self, name: str, organization: str, project: str) -> DrillAccess:
        """Bring this failure about, in a new account that is called so."""

    def mend_drill(self, name: str, organization: str, project: str) -> DrillAccess:
        """The same account, mended."""

    def pass_drill_time(self, minutes: int) -> None:
        """Move the drill's clock; the learner's own stays."""

    def end_drill(self) -> None:
        """Leave nothing of the drill behind."""


class DrillClients(Protocol):
    """Makes the SDK's clients for drills, whose costs count nowhere."""

    def drill_client(self, pasted: SecretStr, project: str) -> openai.OpenAI:
        """`pasted` is what stands in the app's key field, damaged or not."""


@dataclass(frozen=True, slots=True)
class DrillRefusal:
    """An answer other than success, as the app shows it: no status where the call never left."""

    message: str
    status: int | None = None
    code: str = ""


class DrillStage(StrEnum):
    """Where a drill stands."""

    CAUSE = "cause"
    MEND = "mend"
    DONE = "done"


class DrillRun:
    """One drill under way. The key is in memory alone; what the page shows of it is its end."""

    def __init__(self, drill: Drill, access: DrillAccess) -> None:
        self.drill = drill
        self.attempt = ExerciseAttempt(drill.causes)
        self.tries = 0
        self.is_shown = False  # the solution, of the cause or of the mending
        self.answer: DrillRefusal | None = None
        self.has_looked = False  # at the platform's page, and come back
        self.is_still_failing = False  # after an attempt to mend it
        self._first: DrillRefusal | None = None
        self._is_mended = False
        self._access = access
        self.pasted = damaged(access.key) if drill.mending is Mending.EDIT else access.key.masked

    @property
    def access(self) -> DrillAccess:
        return self._access

    @property
    def stage(self) -> DrillStage:
        if self._is_mended:
            return DrillStage.DONE
        return DrillStage.MEND if self.attempt.is_over else DrillStage.CAUSE

    @property
    def evidence(self) -> Evidence:
        """What the drill has shown once it is done; a solution that was looked at is the learner's word."""
        if not self._is_mended:
            return Evidence.TODO
        return Evidence.DECLARED if self.is_shown else Evidence.PRACTISED

    def look(self, clients: DrillClients) -> DrillRefusal | None:
        """Make the call of the app as things stand. Raises nothing: a traceback could quote the key."""
        access = self._access
        text = self.pasted.replace(access.key.masked, access.key.get_secret_value())
        return answer_of(clients.drill_client(SecretStr(text), access.project), draws=self.drill.draws)

    def answered(self, answer: DrillRefusal | None) -> None:
        """Take in what the app was answered; before the cause is found, success ends nothing."""
        if not self.tries:
            self._first = answer
        self.answer = answer
        self.tries += 1
        self._is_mended = answer is None and self.attempt.is_over
        self.is_still_failing = answer is not None and self.attempt.is_over

    @property
    def is_as_before(self) -> bool:
        """Whether the app is answered what it was answered at first."""
        first, now = self._first, self.answer
        return first is not None and now is not None and (first.status, first.code) == (now.status, now.code)

    def paste(self, key: ApiKey) -> None:
        """Another key in the app's field."""
        self._access = replace(self._access, key=key)
        self.pasted = key.masked

    def edit(self, text: str) -> None:
        """The text of the app's field, in which the end of the key stands for the whole."""
        self.pasted = text

    def solve(self, access: DrillAccess) -> None:
        """The account is mended, and this is its key."""
        self.is_shown = True
        self.attempt.show_solution()
        self._access = access
        self.pasted = access.key.masked


def answer_of(client: openai.OpenAI, *, draws: bool) -> DrillRefusal | None:
    """What the app is answered: None when it works. The client is closed afterwards."""
    with closing(client):
        try:
            if draws:
                model = preferred_models("image")[0]
                client.images.generate(model=model, prompt="A lemon", size="1024x1024", quality="low")
            else:
                model = preferred_models("text")[0]
                client.responses.create(model=model, input="Say hello", max_output_tokens=16)
        except Exception as error:  # whatever it is; a traceback could quote the key
            return _refusal(error)
    return None


def _refusal(error: Exception) -> DrillRefusal:
    status = getattr(error, "status_code", None)
    body = getattr(error, "body", None)
    told = body.get("message") if isinstance(body, dict) else None
    return DrillRefusal(
        redact(str(told or error))[:LONGEST_MESSAGE],
        status if isinstance(status, int) else None,
        str(getattr(error, "code", None) or ""),
    )


def damaged(key: ApiKey) -> str:
    """The key as it comes out of a text program: within quotation marks that no key has."""
    return f"{OPENING_QUOTE}{key.masked}{CLOSING_QUOTE}"


def next_drill(done: Sequence[str]) -> Drill | None:
    """The first drill that is not among these checks; None when all are."""
    return next((drill for drill in DRILLS if drill.check not in done), None)
