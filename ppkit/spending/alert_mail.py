"""The mail about a soft limit, as text and HTML: what was reached, what is spent, that nothing is blocked."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.spending.ledger.outbox import Alert
from ppkit.spending.limit_texts import period_text, restart_text, scope_text

STYLE = "font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 1.5em auto; padding: 0 1em"


def mail_of(alert: Alert, sender: str, to: str, language: str, *, practice: bool = False) -> EmailMessage:
    """The mail for one alert. `practice` marks it, so that nobody takes it for real money.

    It has the same identity whenever it is made: a mailbox can tell one that came twice.
    """
    texts = Texts(language)
    values = {
        "threshold": formats.money(alert.threshold, language),
        "spent": _spent(alert, texts),
        "scope": scope_text(alert.scope, texts),
        "period": period_text(alert.period, texts),
        "restart": restart_text(alert.period, texts),
    }
    mark = f"[{texts('common.mode.practice')}] " if practice else ""
    subject, body = mark + texts("spending.alert.subject", **values), texts("spending.alert.body", **values)
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = sender
    mail["To"] = to
    mail["Date"] = format_datetime(alert.queued_at)
    mail["Message-ID"] = f"<ppkit.{alert.id}.{alert.queued_at:%Y%m%d%H%M%S%f}@{sender.rpartition('@')[2]}>"
    mail.set_content(body)
    mail.add_alternative(_html(subject, body, language), subtype="html")
    return mail


def _html(subject: str, body: str, language: str) -> str:
    """The same sentences for those who read mails as pages; a blank line begins a paragraph."""
    paragraphs = "".join(
        f"<p>{escape(part.strip()).replace(chr(10), '<br>')}</p>" for part in body.strip().split("\n\n")
    )
    title = escape(subject)
    head = f'<head><meta charset="utf-8"><title>{title}</title></head>'
    content = f'<div style="{STYLE}"><h1 style="font-size: 1.25em">{title}</h1>{paragraphs}</div>'
    return f'<!doctype html><html lang="{language}">{head}<body>{content}</body></html>'


def _spent(alert: Alert, texts: Texts) -> str:
    """Money spent; and apart from it, where there is any, what may have been: the limit counts both."""
    spent = formats.money(alert.spent, texts.language)
    if not alert.uncertain:
        return spent
    uncertain = formats.money(alert.uncertain, texts.language)
    return texts("spending.alert.uncertain", spent=spent, uncertain=uncertain)
