"""Soft-limit alerts by e-mail: read from the ledger's outbox and sent by SMTP, away from any call's path."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from typing import Protocol

from ppkit.errors import PpkitError
from ppkit.mail_server import MailServer
from ppkit.spending.alert_mail import mail_of
from ppkit.spending.ledger.ledger import Ledger
from ppkit.spending.ledger.outbox import Alert

CLAIM_FOR = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)
TIMEOUT_SECONDS = 20.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AlertNotSent(PpkitError):
    """The mail server did not take an alert; it stays pending. Facts: host, reason (an exception's name)."""

    code = "alert_not_sent"


class SmtpConnection(Protocol):
    """What we use of smtplib.SMTP, once it is encrypted and signed in."""

    def send_message(self, msg: EmailMessage, /) -> object: ...


Connect = Callable[[MailServer], AbstractContextManager[SmtpConnection]]


def connect(server: MailServer) -> smtplib.SMTP:
    """An open connection, encrypted and signed in; no password leaves this machine in clear text.

    Raises OSError, which smtplib's exceptions are.
    """
    context = ssl.create_default_context()
    if server.implicit_tls:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        _sign_in(connection, server, context)
    except BaseException:
        connection.close()
        raise
    return connection


def _sign_in(connection: smtplib.SMTP, server: MailServer, context: ssl.SSLContext) -> None:
    connection.ehlo()
    if not server.implicit_tls and (connection.has_extn("starttls") or not _may_go_in_clear(server)):
        connection.starttls(context=context)  # raises where the server cannot
        connection.ehlo()
    if server.user is not None and server.password is not None:
        connection.login(server.user, server.password)


def _may_go_in_clear(server: MailServer) -> bool:
    return server.password is None or server.host in LOOPBACK


def send_pending(
    ledger: Ledger,
    server: MailServer,
    to: str,
    language: str,
    connect: Connect = connect,
    *,
    practice: bool = False,
) -> int:
    """Send every alert that waits, each once, however many processes do so at a time; returns how many.

    To be called away from the calls that cause alerts (a thread, a command, a timer). `practice` marks the
    mail, so that nobody takes it for real money. Raises AlertNotSent when the mail server fails; what was not
    sent is tried again after a pause, which grows.
    """
    sent = 0
    for alert in ledger.pending_alerts():
        if not ledger.claim_alert(alert.id, CLAIM_FOR):
            continue
        make = partial(mail_of, alert, server.sender, to, language, practice=practice)
        _send_claimed(ledger, alert, make, server, connect)
        sent += 1
    return sent


def _send_claimed(
    ledger: Ledger, alert: Alert, make: Callable[[], EmailMessage], server: MailServer, connect: Connect
) -> None:
    taken = False
    try:
        mail = make()
        with connect(server) as connection:
            connection.send_message(mail)
            taken = True
    except (OSError, ValueError) as error:  # a host or password that cannot be written is a ValueError
        if not taken:  # a server that stumbles over the farewell has the mail all the same
            reason = type(error).__name__
            ledger.postpone_alert(alert.id, ledger.clock.now() + _pause(alert.failed_attempts), reason)
            # "from None": a server's answer may quote what it was sent.
            raise AlertNotSent(host=server.host, reason=reason) from None
    ledger.mark_sent(alert.id)


def _pause(failed_attempts: int) -> timedelta:
    """Before the next attempt: none after the first one, then twice as long each time."""
    if not failed_attempts:
        return timedelta(0)
    times: int = 2 ** min(failed_attempts - 1, 10)
    return min(FIRST_PAUSE * times, LONGEST_PAUSE)
