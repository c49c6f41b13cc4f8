"""What is kept of one learner, in roster and ledger together: handed out, and forgotten."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ppkit.class_service.forgotten_learners import NoSuchLearner
from ppkit.class_service.roster import Roster
from ppkit.errors import PpkitError
from ppkit.spending.ledger import Entry, Ledger


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many were forgotten; and of each who was not, the code of the error, or its kind."""

    forgotten: int
    left: tuple[str, ...] = ()


class LearnerStillThere(PpkitError):
    """The place was taken back just now; calls that are on their way end within a minute. Facts: learner."""

    code = "learner_still_there"


class PersonRecords:
    """Raises what roster and ledger raise."""

    def __init__(self, roster: Roster, ledger: Ledger) -> None:
        self._roster = roster
        self._ledger = ledger

    def export(self, lesson_id: str, pseudonym: str) -> dict[str, object]:
        """Everything that is kept of a learner, for JSON; amounts in pico-dollars, moments in UTC.

        Raises NoSuchLesson, NoSuchLearner.
        """
        lesson = self._roster.lesson(lesson_id).lesson
        row = self._roster.forgotten.learner(lesson_id, pseudonym)
        calls = self._ledger.calls_of("learner", lesson.learner_tag(pseudonym))
        progress = self._roster.progress.by_pseudonym(lesson_id).get(pseudonym)
        return {
            "lesson": {"id": lesson.id, "name": lesson.name, "opens": _moment(lesson.opens)},
            "learner": pseudonym,
            "joined_at": _moment(row.joined_at),
            "removed_at": row.removed_at and _moment(row.removed_at),
            "token": "digest",
            "limit_pico_usd": lesson.limit_per_learner.pico_usd,
            "progress": progress and {
                **asdict(progress.report),
                "moved_at": _moment(progress.moved_at),
                "reported_at": _moment(progress.reported_at),
            },
            "calls": [_call(entry) for entry in calls],
            "kept_until_days_after_closing": lesson.keep_days,
        }  # fmt: skip

    def forget(self, lesson_id: str, pseudonym: str) -> str:
        """End the learner's place, drop their steps, rename them in roster and ledger; returns the new name.

        The sums stay. It may be repeated until it has succeeded. Raises NoSuchLesson, NoSuchLearner,
        LearnerStillThere, TagInUse.
        """
        lesson = self._roster.lesson(lesson_id).lesson
        begun = self._roster.forgotten.begin(lesson_id, pseudonym)
        if not begun.is_quiet:
            raise LearnerStillThere(learner=pseudonym)
        self._ledger.expire()  # what nobody will end is uncertain from now on, and under way no more
        before, after = lesson.learner_tag(pseudonym), lesson.learner_tag(begun.now_called)
        self._ledger.forget_tag("learner", before, after)
        self._roster.forgotten.finish(lesson_id, pseudonym, begun.now_called)
        return begun.now_called

    def forget_due(self) -> Tidied:
        """Forget the learners of every lesson whose days are over; whatever is in one's way, the others."""
        count, left = 0, []
        for lesson, pseudonyms in self._roster.forgotten.due():
            for pseudonym in pseudonyms:
                try:
                    self.forget(lesson.id, pseudonym)
                except NoSuchLearner:
                    continue  # another process was faster
                except Exception as error:  # whatever it is, the others are forgotten
                    left.append(error.code if isinstance(error, PpkitError) else type(error).__name__)
                else:
                    count += 1
            self._roster.forgotten.drop_rest(lesson.id)
        return Tidied(count, tuple(left))


def _call(entry: Entry) -> dict[str, object]:
    return {
        "at": _moment(entry.reserved_at),
        "model": entry.call.model,
        "kind": entry.call.endpoint,
        "state": entry.state,
        "mark": entry.mark,
        "cost_pico_usd": entry.cost and entry.cost.pico_usd,
        "usage": entry.usage and {name: count for name, count in asdict(entry.usage).items() if count},
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
