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
from ppkit.practice.console.frame import Page, Visit
from ppkit.practice.rows import ORGANIZATION, Mail

AMOUNT = "_pico_usd"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in words. `paragraphs` are plain text."""

    id: int
    kind: str
    recipients: tuple[str, ...]
    subject: str
    paragraphs: tuple[str, ...]
    sent_at: datetime
    unread: bool


def letter(mail: Mail, texts: Texts, projects: Mapping[str, str] = MappingProxyType({})) -> Letter:
    """Amounts in the facts (`…_pico_usd`) become amounts in words, under the name before the suffix.

    `projects`: names by id, for mails that are about one of them.
    """
    facts = {
        name.removesuffix(AMOUNT): formats.money(Money(int(value)), texts.language)
        if name.endswith(AMOUNT)
        else value
        for name, value in mail.facts.items()
    }
    prefix = f"{facts['subject_prefix']} " if facts.get("subject_prefix") else ""
    body = texts(f"console.mail.{mail.kind}.body", **facts)
    if facts.get("scope", ORGANIZATION) != ORGANIZATION:
        name = projects.get(str(facts["scope"]), str(facts["scope"]))
        body = f"{texts('console.mail.one_project', name=name)}\n{body}"
    return Letter(
        mail.id,
        mail.kind,
        mail.recipients,
        f"{prefix}[PRACTICE] " + texts(f"console.mail.{mail.kind}.subject", **facts),
        tuple(body.split("\n")),
        mail.created_at,
        mail.read_at is None,
    )


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
