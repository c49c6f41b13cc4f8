"""The inbox: mails of the platform, written out in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from starlette.responses import Response

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice_platform.console.frame import Page, Visit, named
from ppkit.practice_platform.rows import ORGANIZATION, Mail

AMOUNT = "_pico_usd"
NAMES = ("name", "organization")
LEADS = {
    "welcome": ("billing", "spark"),
    "receipt": ("billing-history", "card"),
    "app_alert": ("usage", "mail"),
    "auto_recharge_done": ("billing", "again"),
    "auto_recharge_failed": ("billing", "warning"),
    "auto_recharge_capped": ("billing", "warning"),
    "card_hold": ("billing", "card"),
    "credit_expired": ("billing", "clock"),
    "spend_alert": ("limits", "mail"),
    "limit_reached": ("limits", "lock"),
    "key_leaked": ("api-keys", "eye"),
    "invitation": ("members", "person"),
    "invitation_accepted": ("members", "check"),
    "verification_approved": ("general", "check"),
    "verification_refused": ("general", "cross"),
}
"""Each kind of mail: the page where its matter is settled, and its mark."""

OWN_MARK = frozenset({"app_alert"})
"""Mails of the learner's own app, which say themselves that they are practice."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in words. `paragraphs` are plain text; `page` (of `project`, if one) is where to go from it."""

    id: int
    kind: str
    recipients: tuple[str, ...]
    subject: str
    paragraphs: tuple[str, ...]
    sent_at: datetime
    unread: bool
    page: str
    mark: str
    project: str | None


def letter(mail: Mail, texts: Texts, projects: Mapping[str, str] = MappingProxyType({})) -> Letter:
    """Amounts in the facts (`…_pico_usd`) become amounts in words, under the name before the suffix.

    `projects`: names by id, for mails that are about one of them.
    """
    facts = dict(_in_words(name, value, texts) for name, value in mail.facts.items())
    prefix = f"{facts['subject_prefix']} " if facts.get("subject_prefix") else ""
    prefix += "" if mail.kind in OWN_MARK else "[PRACTICE] "
    body = texts(f"console.mail.{mail.kind}.body", **facts)
    project = str(facts.get("scope", ORGANIZATION))
    if project != ORGANIZATION:
        name = named(projects.get(project, project))
        body = f"{texts('console.mail.one_project', name=name)}\n{body}"
    return Letter(
        mail.id,
        mail.kind,
        mail.recipients,
        prefix + texts(f"console.mail.{mail.kind}.subject", **facts),
        tuple(line for line in body.split("\n") if line),
        mail.created_at,
        mail.read_at is None,
        *LEADS[mail.kind],
        None if project == ORGANIZATION else project,
    )


def _in_words(name: str, value: str | int, texts: Texts) -> tuple[str, object]:
    if name.endswith(AMOUNT):
        return name.removesuffix(AMOUNT), formats.money(Money(int(value)), texts.language)
    return name, named(str(value)) if name in NAMES else value


def inbox(visit: Visit) -> Response:
    """The list, and the mail asked for by ?mail=ID, which counts as read from now on."""
    asked = visit.query.get("mail", "")
    if re.fullmatch(r"[0-9]{1,15}", asked):
        visit.platform.mailbox.mark_read(int(asked))
    projects = {
        project.id: project.name for project in visit.platform.projects.projects(include_archived=True)
    }
    letters = [letter(mail, visit.texts, projects) for mail in visit.platform.mails()]
    opened = next((found for found in letters if str(found.id) == asked), None)
    return visit.render("inbox.html", letters=letters, opened=opened)


PAGES = {"inbox": Page(inbox)}
