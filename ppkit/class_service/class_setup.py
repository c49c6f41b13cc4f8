"""From a session and a lesson's file to a lesson that can be served."""

from __future__ import annotations

from pathlib import Path

from ppkit.class_service.class_lesson import ClassLesson, LessonFaulty
from ppkit.class_service.class_roster import lesson_in, roster_of
from ppkit.class_service.gateway import Upstream
from ppkit.class_service.roster import PreparedLesson
from ppkit.class_service.running_lesson import RunningLesson, limit_learner, limit_lesson
from ppkit.connection_settings import OPENAI_ADDRESS
from ppkit.keys import ApiKey
from ppkit.sessions import Session
from ppkit.spending.prices import UnknownPrice


class LessonModelUnpriced(LessonFaulty):
    """The price of a model is not known, so that no limit could be kept. Facts: path, field, model."""

    code = "lesson_model_unpriced"


def prepare_lesson(session: Session, path: Path) -> tuple[RunningLesson, PreparedLesson]:
    """Write the lesson of this file, and its limits. Raises LessonFaulty, what roster and ledger raise."""
    lesson = lesson_in(session, path)
    _check_prices(session, lesson, path)
    roster = roster_of(session)
    prepared = roster.prepare(lesson)
    limit_lesson(session.ledger, lesson)
    for learner in roster.learners(lesson.id):
        if not learner.is_removed:
            limit_learner(session.ledger, lesson, learner.pseudonym)
    return RunningLesson(lesson.id, roster, session.ledger, session.clock), prepared


def upstream_of(session: Session) -> Upstream:
    """The platform and the key of this session's own calls. Raises what `Connection.arguments` raises."""
    found = session.connection.arguments({})
    return Upstream(
        found.get("base_url") or OPENAI_ADDRESS,
        ApiKey(found["api_key"]),
        found.get("organization") or "",
        found.get("project") or "",
    )


def _check_prices(session: Session, lesson: ClassLesson, path: Path) -> None:
    """Raises LessonModelUnpriced."""
    for model in lesson.models:
        try:
            session.accounting.catalogue.price_of(model, lesson.opens)
        except UnknownPrice:
            raise LessonModelUnpriced(path=str(path), field="models", model=model) from None
