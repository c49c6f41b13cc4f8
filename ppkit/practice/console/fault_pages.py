"""Failures to switch on by name, in groups, and a key that leaks."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.responses import Response

from ppkit.practice.console.frame import Page, Visit
from ppkit.practice.faults import FAULTS

GROUPS = (
    ("images", re.compile("image|verified|moderation")),
    ("money", re.compile("card|credit|billing|limits|usage_limit|recharge|spend|quota")),
    ("account", re.compile("account|ip_|country|key|organization|project|region")),
    ("pace", re.compile("rate|slow|overload|storm|429")),
    ("line", re.compile("")),
)
"""Where a failure is met, told by its name: the first group that fits. The last one takes what is left."""


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """The failures by group, none left out, in the order that a learner meets them: money first."""
    found: dict[str, list[str]] = {group: [] for group in ("money", "account", "images", "pace", "line")}
    for name in names:
        found[next(group for group, pattern in GROUPS if pattern.search(name))].append(name)
    return {group: members for group, members in found.items() if members}


def faults(visit: Visit) -> Response:
    return visit.render("faults.html", groups=grouped(FAULTS), keys=visit.platform.list_keys())


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


PAGES = {"faults": Page(faults, {"switch": switch_fault, "all_off": all_faults_off, "leak": leak_key})}
