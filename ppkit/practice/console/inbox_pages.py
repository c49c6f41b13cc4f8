"""The inbox: mails of the platform, written out in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice.console.frame import Page, Visit
from ppkit.practice.rows import Mail

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


def letter(mail: Mail, texts: Texts) -> Letter:
    """Amounts in the facts (`…_pico_usd`) become amounts in words, under the name before the suffix."""
    facts = {
        name.removesuffix(AMOUNT): formats.money(Money(int(value)), texts.language)
        if name.endswith(AMOUNT)
        else value
        for name, value in mail.facts.items()
    }
    prefix = f"{facts['subject_prefix']} " if facts.get("subject_prefix") else ""
    body = texts(f"console.mail.{mail.kind}.body", **facts)
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
    letters = [letter(mail, visit.texts) for mail in visit.platform.mails()]
    opened = next((found for found in letters if str(found.id) == asked), None)
    return visit.render("inbox.html", letters=letters, opened=opened)


PAGES = {"inbox": Page(inbox)}
