"""Alerts by a real mail server: encrypted, signed in, refused, silent, gone for an hour."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from certificates import certificate

from ppkit.clock import ManualClock
from ppkit.mail_server import MailServer
from ppkit.money import Money
from ppkit.spending import alerts
from ppkit.spending.alert_mailer import AlertMailer
from ppkit.spending.alerts import AlertNotSent, send_pending
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger

from .examples import call, on_sqlite, usd

pytestmark = [pytest.mark.processes, on_sqlite]

USER, PASSWORD = "anna", "practice-" + "CANARY" * 4
TO = "anna@example.org"
DAY = timedelta(days=1)


class Mailbox:
    """What a mail server does with mails: keeps them, but for those to `refused`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.logins: list[bool] = []
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox " + PASSWORD
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        self.logins.append(is_right)
        return AuthResult(success=is_right, handled=is_right)


class ImplicitTls(Controller):
    """Encrypted from the first byte: the controller's own probe speaks no TLS, so it asks in vain."""

    def _trigger_server(self) -> None:
        with socket.create_connection((self.hostname, self.port)) as probe:
            context = ssl._create_unverified_context()
            with context.wrap_socket(probe, server_hostname="localhost") as encrypted:
                encrypted.recv(1024)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate that this process trusts."""
    pem = certificate(tmp_path, -DAY, DAY)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def controller(mailbox: Mailbox, context: ssl.SSLContext | None, *, port: int | None = None) -> Controller:
    """A mail server; with a certificate it takes passwords and mails over STARTTLS alone."""
    more: dict[str, Any] = {}
    if context is not None:
        more = {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": mailbox.authenticate,
            "auth_required": True,
        }
    return Controller(mailbox, hostname="127.0.0.1", port=port or free_port(), **more)


@pytest.fixture
def encrypted(mailbox: Mailbox, server_context: ssl.SSLContext) -> Iterator[Controller]:
    running = controller(mailbox, server_context)
    running.start()
    yield running
    running.stop()


def server_at(port: int, *, scheme: str = "smtp", password: str = PASSWORD) -> MailServer:
    return MailServer.from_url(f"{scheme}://{USER}:{password}@127.0.0.1:{port}?from=ppkit@example.org")


@pytest.fixture
def reached(ledger: Ledger, budget: Budget) -> Ledger:
    """A ledger with one alert that waits."""
    budget.set("1.00", "5.00", tag="client=a", period="day")
    spend(ledger, "a", "1.50")
    return ledger


def spend(ledger: Ledger, call_id: str, amount: str) -> None:
    ledger.reserve(call(call_id, client="a"), usd(amount))
    ledger.settle(call_id, usd(amount))


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_mail_arrives_over_starttls_signed_in_as_text_and_html(
    reached: Ledger, encrypted: Controller, mailbox: Mailbox, language: str
) -> None:
    assert send_pending(reached, server_at(encrypted.port), TO, language) == 1
    (mail,) = mailbox.mails
    assert mailbox.logins == [True]
    assert mail["To"] == TO
    assert str(mail["Message-ID"]).endswith("@example.org>")
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        told = body.get_content()
        assert {"it": "1,50 USD", "en": "$1.50"}[language] in told
        assert "client=a" in told
        assert {"it": "24 nov 2026", "en": "Nov 24, 2026"}[language] in told
    assert reached.pending_alerts() == []


def test_a_mail_arrives_where_the_first_byte_is_encrypted(
    reached: Ledger, mailbox: Mailbox, server_context: ssl.SSLContext
) -> None:
    running = ImplicitTls(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        ssl_context=server_context,
        authenticator=mailbox.authenticate,
        auth_require_tls=False,
    )
    running.start()
    assert send_pending(reached, server_at(running.port, scheme="smtps"), TO, "en") == 1
    running.stop()
    assert (len(mailbox.mails), mailbox.logins) == (1, [True])


def test_a_wrong_password_is_refused_and_stands_nowhere(
    reached: Ledger,
    encrypted: Controller,
    mailbox: Mailbox,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "ppkit")
    with pytest.raises(AlertNotSent) as refused:
        send_pending(reached, server_at(encrypted.port, password=PASSWORD[:-1]), TO, "en")
    (alert,) = reached.pending_alerts()
    assert (alert.failed_attempts, alert.failure) == (1, "SMTPAuthenticationError")
    assert (mailbox.mails, set(mailbox.logins)) == ([], {False})
    assert "CANARY" not in f"{refused.value!r} {alert!r} {caplog.text}"


@pytest.mark.parametrize("url", ["smtp://me:CANARY%C3%A0@127.0.0.1:{port}", "smtp://me@mail..example.org"])
def test_a_password_or_a_host_that_cannot_be_sent_is_a_failed_attempt_that_is_seen(
    reached: Ledger, budget: Budget, mailbox: Mailbox, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    running = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=mailbox.authenticate,
        auth_require_tls=False,
    )
    running.start()
    server = MailServer.from_url(url.format(port=running.port) + "?from=ppkit@example.org")
    AlertMailer(lambda: send_pending(reached, server, TO, "en")).make_round()
    running.stop()
    (alert,) = budget.status()[0].undelivered
    assert alert.failed_attempts == 1
    assert alert.failure in {"UnicodeEncodeError", "UnicodeError"}
    assert alert.failure in caplog.text
    assert "CANARY" not in caplog.text + repr(alert)


def test_a_mail_server_that_nobody_vouches_for_is_told_no_password(
    reached: Ledger, encrypted: Controller, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(AlertNotSent) as refused:
        send_pending(reached, server_at(encrypted.port), TO, "en")
    assert refused.value.facts["reason"] == "SSLCertVerificationError"
    assert (mailbox.mails, mailbox.logins) == ([], [])


def test_a_password_never_leaves_the_machine_in_clear(
    reached: Ledger, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=mailbox.authenticate,
        auth_require_tls=False,
    )
    running.start()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(alerts, "LOOPBACK", frozenset())
        with pytest.raises(AlertNotSent) as refused:
            send_pending(reached, server_at(running.port), TO, "en")
    assert refused.value.facts["reason"] == "SMTPNotSupportedError"
    assert mailbox.logins == []
    assert send_pending(reached, server_at(running.port), TO, "en") == 1  # on this machine it may
    running.stop()
    assert mailbox.logins == [True]


def test_a_recipient_that_is_refused_is_tried_again_ever_later_and_seen(
    reached: Ledger, budget: Budget, encrypted: Controller, mailbox: Mailbox, clock: ManualClock
) -> None:
    mailbox.refused.add(TO)
    pauses = list[timedelta]()
    for _ in range(9):
        with pytest.raises(AlertNotSent):
            send_pending(reached, server_at(encrypted.port), TO, "en")
        (alert,) = budget.status()[0].undelivered
        assert alert.next_attempt_at is not None
        pauses.append(alert.next_attempt_at - clock.now())
        if pauses[-1]:
            clock.advance(pauses[-1] - timedelta(microseconds=1))
            assert send_pending(reached, server_at(encrypted.port), TO, "en") == 0
            clock.advance(timedelta(microseconds=1))
    assert pauses == [timedelta(seconds=one) for one in (0, 15, 30, 60, 120, 240, 480, 900, 900)]
    assert (alert.failed_attempts, alert.failure) == (9, "SMTPRecipientsRefused")
    assert "CANARY" not in repr(alert)
    mailbox.refused.clear()
    assert send_pending(reached, server_at(encrypted.port), TO, "en") == 1


def test_one_alert_that_is_refused_keeps_no_other_from_leaving(
    reached: Ledger, encrypted: Controller, mailbox: Mailbox
) -> None:
    mailbox.refused.add("nobody@example.org")
    server = server_at(encrypted.port)
    for _ in range(2):
        with pytest.raises(AlertNotSent):
            send_pending(reached, server, "nobody@example.org", "en")
    Budget(reached).set(["1.40", "1.50"])
    spend(reached, "b", "0.10")
    assert send_pending(reached, server, TO, "en") == 2
    assert len(reached.pending_alerts()) == 1


def test_a_server_that_says_nothing_keeps_no_call_waiting(reached: Ledger) -> None:
    failed = threading.Event()

    def send() -> None:
        with pytest.raises(AlertNotSent):
            send_pending(reached, server_at(port), TO, "en")
        failed.set()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = int(silent.getsockname()[1])
        sending = threading.Thread(target=send)
        sending.start()
        connection, _ = silent.accept()  # from here on the mail is being sent
        spend(reached, "b", "0.50")
        assert not failed.is_set()
        connection.close()
        sending.join(20)
    assert failed.is_set()
    assert reached.totals().spent == usd("2.00")


def test_a_server_that_says_nothing_is_given_up_on(reached: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(AlertNotSent):
        send_pending(reached, server_at(int(silent.getsockname()[1])), TO, "en")
    assert reached.pending_alerts()[0].failed_attempts == 1


def test_after_an_hour_without_a_server_each_mail_arrives_once(
    reached: Ledger, budget: Budget, mailbox: Mailbox, server_context: ssl.SSLContext, clock: ManualClock
) -> None:
    port, attempts = free_port(), 0
    budget.set(["2.00", "3.00"])
    begun = clock.now()
    for minute in range(60):
        for _ in range(4):  # a round every fifteen seconds, as the mailer makes them
            try:
                send_pending(reached, server_at(port), TO, "en")
            except AlertNotSent:
                attempts += 1
            clock.advance(timedelta(seconds=15))
        if minute in {10, 30}:
            spend(reached, f"{minute}", "1.00")
    waiting = len(reached.pending_alerts())
    assert (clock.now() - begun, waiting) == (timedelta(hours=1), 3)
    assert 10 <= attempts <= 30
    running = controller(mailbox, server_context, port=port)
    running.start()
    for _ in range(61):
        send_pending(reached, server_at(port), TO, "en")
        clock.advance(timedelta(seconds=15))
    running.stop()
    assert len(mailbox.mails) == waiting
    assert len({str(mail["Message-ID"]) for mail in mailbox.mails}) == waiting
    assert reached.pending_alerts() == []


def test_money_is_counted_whether_or_not_a_mail_leaves(reached: Ledger, budget: Budget) -> None:
    with pytest.raises(AlertNotSent):
        send_pending(reached, server_at(free_port()), TO, "en")
    assert budget.status()[0].counted == usd("1.50")
    assert budget.what_if(Money(1), tags={"client": "a"}).fits
