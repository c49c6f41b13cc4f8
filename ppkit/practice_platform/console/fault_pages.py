"""Failures to switch on by name, in groups, and a key that leaks."""

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
    return visit.render("faults.html", groups=grouped(FAULTS), keys=visit.platform.list_keys())


def leak_key(visit: Visit) -> Response:
    """Rehearse the day a key is found in public: it stops working, and a mail says so."""
    visit.platform.keys.report_leak(visit.form.get("key", ""))
    return visit.go("inbox", done="key_leaked")


def switch_fault(visit: Visit) -> Response:
    """Back to the same place of a long list."""
    name, on = visit.form.get("fault", ""), visit.form.get("on") == "yes"
    visit.platform.faults.switch(name, on=on)
    return visit.go("faults", anchor=f"fault-{name}", done="fault_on" if on else "fault_off")


def all_faults_off(visit: Visit) -> Response:
    for name in visit.platform.faults.names_on():
        visit.platform.faults.switch(name, on=False)
    return visit.go("faults", done="fault_off")


PAGES = {"faults": Page(faults, {"switch": switch_fault, "all_off": all_faults_off, "leak": leak_key})}
