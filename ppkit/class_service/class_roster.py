"""The roster of a session: where it lies, for commands and for what is served."""

from __future__ import annotations

from pathlib import Path

from ppkit.class_service.class_lesson import ClassLesson, read_lesson
from ppkit.class_service.roster import Roster
from ppkit.class_service.roster_places import RosterDatabase, RosterFile, RosterPlace
from ppkit.sessions import Session
from ppkit.spending.ledger.opening import POSTGRES

ROSTER_FILE = "class.sqlite3"


def lesson_in(session: Session, path: Path) -> ClassLesson:
    """The lesson of this file, with what is usual at the agency. Raises LessonFaulty, AgencyFileInvalid."""
    return read_lesson(path, session.accounting.agency.lesson)


def roster_of(session: Session) -> Roster:
    """Raises what the ledger raises where that is shared."""
    return Roster(_place_of(session), session.clock)


def _place_of(session: Session) -> RosterPlace:
    """Beside the ledger where that is shared, so that several gateways know the same learners."""
    url = session.settings.resolved_ledger_url
    if not url.startswith(POSTGRES):
        return RosterFile(session.home / ROSTER_FILE)
    session.ledger  # noqa: B018  (its schema is made with its first use, and ours lies in it)
    from ppkit.spending.ledger.postgres.server_address import PostgresAddress  # lazy: the extra "postgres"

    return RosterDatabase(PostgresAddress.of(url))
