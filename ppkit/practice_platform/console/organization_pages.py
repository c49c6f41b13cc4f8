"""The organization: who it is, and the identity check that some models ask for."""

from __future__ import annotations

from starlette.responses import Response

from ppkit.practice_platform.console.frame import Page, Visit
from ppkit.practice_platform.verification import DOCUMENTS, Verification


def general(visit: Visit) -> Response:
    verification = visit.platform.verification
    return visit.render(
        "general.html",
        check=verification.state(),
        documents=[(name, resting_since_known(verification, name)) for name in DOCUMENTS],
        asked_for=visit.platform.faults.is_on("not_verified"),
    )


def resting_since_known(verification: Verification, document: str) -> object:
    """Until when a document that was shown here rests; of one that was used elsewhere this is not known."""
    return verification.rests_until(document) if document in verification.shown() else None


def start_check(visit: Visit) -> Response:
    visit.platform.verification.start(visit.form.get("document", ""))
    return visit.go("general", done="check_started")


PAGES = {"general": Page(general, {"start_check": start_check})}
