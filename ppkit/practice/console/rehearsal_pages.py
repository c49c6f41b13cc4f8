"""What only a practice platform has: a clock to move, failures to switch on, a leak, starting over."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from ppkit.practice.console.frame import LANGUAGE, Page, Visit
from ppkit.practice.errors import InvalidField
from ppkit.practice.faults import FAULTS

STEPS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "thirty_days": timedelta(days=30),
}


def clock(visit: Visit) -> Response:
    return visit.render("clock.html", steps=tuple(STEPS), offset=visit.platform.clock.offset)


def advance(visit: Visit) -> Response:
    step = visit.form.get("step", "")
    if step in STEPS:
        visit.platform.advance(STEPS[step])
    elif step == "next_month":
        visit.platform.advance_to_next_month()
    return visit.go("clock", done="clock_moved")


def start_over(visit: Visit) -> Response:
    """Forget everything but the language. Only with the box ticked: this cannot be undone."""
    if visit.form.get("sure") != "on":
        raise InvalidField(field="sure", reason="not_ticked")
    visit.platform.reset()
    visit.platform.database.set_note(LANGUAGE, visit.language)
    return visit.go("sign-up", done="started_over")


def faults(visit: Visit) -> Response:
    return visit.render("faults.html", faults=FAULTS, keys=visit.platform.list_keys())


def leak_key(visit: Visit) -> Response:
    """Rehearse the day a key is found in public: it stops working, and a mail says so."""
    visit.platform.keys.report_leak(visit.form.get("key", ""))
    return visit.go("inbox", done="key_leaked")


def switch_fault(visit: Visit) -> Response:
    on = visit.form.get("on") == "yes"
    visit.platform.faults.switch(visit.form.get("fault", ""), on=on)
    return visit.go("faults", done="fault_on" if on else "fault_off")


def all_faults_off(visit: Visit) -> Response:
    for name in visit.platform.faults.names_on():
        visit.platform.faults.switch(name, on=False)
    return visit.go("faults", done="fault_off")


PAGES = {
    "clock": Page(clock, {"advance": advance, "start_over": start_over}),
    "faults": Page(faults, {"switch": switch_fault, "all_off": all_faults_off, "leak": leak_key}),
}
