"""The practice clock, what waits on it, and starting over."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from ppkit.practice_platform.console.frame import LANGUAGE, Page, Visit
from ppkit.practice_platform.console.upcoming_events import coming
from ppkit.practice_platform.errors import InvalidField

STEPS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "thirty_days": timedelta(days=30),
}


def clock(visit: Visit) -> Response:
    offset = visit.platform.clock.offset
    return visit.render(
        "clock.html",
        steps=tuple(STEPS),
        offset=offset,
        offset_rest=offset % timedelta(days=1),
        coming=coming(visit.platform),
    )


def advance(visit: Visit) -> Response:
    """By a step, to the next month, or to something that is coming: its place in the list and its name."""
    step, platform = visit.form.get("step", ""), visit.platform
    if step in STEPS:
        platform.advance(STEPS[step])
    elif step == "next_month":
        platform.advance_to_next_month()
    elif event := next((event for event in coming(platform) if event.address == step), None):
        platform.advance(event.at - platform.clock.now())
    return visit.go("clock", done="clock_moved")


def start_over(visit: Visit) -> Response:
    """Forget everything but the language. Only with the box ticked: this cannot be undone."""
    if visit.form.get("sure") != "on":
        raise InvalidField(field="sure", reason="not_ticked")
    visit.platform.reset()
    visit.platform.database.set_note(LANGUAGE, visit.language)
    return visit.go("sign-up", done="started_over")


PAGES = {"clock": Page(clock, {"advance": advance, "start_over": start_over})}
