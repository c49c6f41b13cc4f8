"""Failures to switch on: five for everybody, all of them in groups for trainers; and a key that leaks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.responses import Response

from ppkit.practice_platform.console.frame import Page, Visit
from ppkit.practice_platform.faults import FAULTS, Fault

GROUPS = ("money", "account", "images", "pace", "line")
"""In the order that a learner meets them; "line" takes what fits nowhere else."""
BY_STAGE: Mapping[str, str] = {
    "signed_in": "account",
    "rights": "account",
    "rate": "pace",
    "money": "money",
    "image": "images",
}
BY_NAME = (
    ("money", re.compile("card|credit|billing|limit|recharge")),
    ("account", re.compile("account|country|key|organization")),
    ("pace", re.compile("slow|overload")),
)


USUAL = ("slow_credit", "card_declined", "not_verified", "rate_limit", "overloaded")
"""What trainees meet first, and can tell apart without a code."""


def grouped(faults: Mapping[str, Fault]) -> dict[str, list[str]]:
    """The failures by group, none left out."""
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name, fault in faults.items():
        found[group_of(name, fault)].append(name)
    return {group: names for group, names in found.items() if names}


def group_of(name: str, fault: Fault) -> str:
    """By what ends it, by the stage of a call where it strikes, else by its name."""
    if fault.until_verified:
        return "images"
    by_name = (group for group, pattern in BY_NAME if pattern.search(name))
    return BY_STAGE.get(fault.stage) or next(by_name, "line")


def faults(visit: Visit) -> Response:
    """The usual ones, and whatever else is on: what a trainer has switched on is found here, too."""
    on = visit.platform.faults.names_on()
    names = [*USUAL, *(name for name in FAULTS if name in on and name not in USUAL)]
    return visit.render("faults.html", names=names, faults=FAULTS, keys=visit.platform.list_keys())


def all_faults(visit: Visit) -> Response:
    return visit.render("all_faults.html", groups=grouped(FAULTS), faults=FAULTS)


def leak_key(visit: Visit) -> Response:
    """Rehearse the day a key is found in public: it stops working, and a mail says so."""
    visit.platform.keys.report_leak(visit.form.get("key", ""))
    return visit.go("inbox", done="key_leaked")


def switch_fault(visit: Visit) -> Response:
    """Back to the same place of a long list."""
    name, on = visit.form.get("fault", ""), visit.form.get("on") == "yes"
    visit.platform.faults.switch(name, on=on)
    return visit.go(visit.page, anchor=f"fault-{name}", done="fault_on" if on else "fault_off")


def all_faults_off(visit: Visit) -> Response:
    for name in visit.platform.faults.names_on():
        visit.platform.faults.switch(name, on=False)
    return visit.go(visit.page, done="fault_off")


SWITCHES = {"switch": switch_fault, "all_off": all_faults_off}
PAGES = {"faults": Page(faults, {**SWITCHES, "leak": leak_key}), "all-faults": Page(all_faults, SWITCHES)}
