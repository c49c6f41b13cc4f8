"""Soft limits: reported once per month and threshold, never blocking; and the mail about it."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from email.message import EmailMessage

import pytest

from ppkit.clock import ManualClock
from ppkit.mail_server import InvalidMailUrl, MailServer
from ppkit.money import Money
from ppkit.spending.alert_mail import mail_of
from ppkit.spending.alerts import AlertNotSent, send_pending
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Alert, Blocked, Ledger, LimitPeriod
from ppkit.spending.practice_post import NO_SERVER, PracticePost

from .examples import call, usd

SINCE: dict[LimitPeriod, str | None] = {"month": None, "day": None, "total": "2026-11-01"}
CANARY = "practice-" + "CANARY" * 4
SERVER = MailServer("mail.example.org", 587, "ppkit@example.org", implicit_tls=False)


def spend(ledger: Ledger, call_id: str, amount: str, **tags: str) -> None:
    ledger.reserve(call(call_id, **tags), usd(amount))
    ledger.settle(call_id, usd(amount))


class Post:
    """A mail server on paper: what it was given, or the trouble it makes."""

    def __init__(self, trouble: OSError | None = None, at_farewell: OSError | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.trouble = trouble
        self.at_farewell = at_farewell
        self.meanwhile: Callable[[], object] = lambda: None

    @contextmanager
    def connect(self, server: MailServer) -> Iterator[Post]:
        self.meanwhile()
        yield self
        if self.at_farewell is not None:
            raise self.at_farewell

    def send_message(self, msg: EmailMessage, /) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.mails.append(msg)


# The outbox.


def test_reaching_the_soft_limit_queues_one_alert_and_blocks_nothing(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "0.99")
    assert ledger.pending_alerts() == []
    spend(ledger, "b", "0.01")
    spend(ledger, "c", "5.00")
    (alert,) = ledger.pending_alerts()
    assert (alert.period, alert.scope, alert.threshold, alert.spent) == ("2026-11", "all", usd("1"), usd("1"))


def test_reserved_money_alone_reaches_no_soft_limit(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="1.00")
    ledger.reserve(call("a"), usd("2.00"))
    ledger.settle("a", usd("0.10"))
    assert ledger.pending_alerts() == []


@pytest.mark.parametrize("period", ["month", "day", "total"])
def test_a_limit_set_below_what_is_spent_is_told_at_once(
    ledger: Ledger, budget: Budget, period: LimitPeriod
) -> None:
    spend(ledger, "a", "4.90", client="a")
    budget.set(["1", "4.90"], "4.90", period=period, since=SINCE[period], tag="client=a", by="ada")
    told = [(one.scope, one.threshold) for one in ledger.pending_alerts()]
    assert told == [("tag:client=a", usd("1")), ("tag:client=a", usd("4.90"))]
    with pytest.raises(Blocked):  # so that no call would ever tell it
        ledger.reserve(call("b", client="a"), Money(1))
    assert len(ledger.pending_alerts()) == 2


def test_each_scope_threshold_and_month_is_told_once(
    ledger: Ledger, budget: Budget, clock: ManualClock
) -> None:
    budget.set(soft="1.00")
    budget.set(soft="1.00", tag="client=a")
    spend(ledger, "a", "1.00", client="a")
    assert {alert.scope for alert in ledger.pending_alerts()} == {"all", "tag:client=a"}
    budget.set(soft="2.00")
    spend(ledger, "b", "1.00")
    assert len(ledger.pending_alerts()) == 3
    clock.advance(timedelta(days=8))
    spend(ledger, "c", "3.00")
    assert [alert.period for alert in ledger.pending_alerts()] == ["2026-11"] * 3 + ["2026-12"]


def test_an_alert_that_has_left_is_never_pending_again(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    ledger.mark_sent(ledger.pending_alerts()[0].id)
    spend(ledger, "b", "1.00")
    assert ledger.pending_alerts() == []


def test_expired_money_reaches_the_soft_limit_too(ledger: Ledger, budget: Budget, clock: ManualClock) -> None:
    budget.set(soft="1.00")
    ledger.reserve(call("a"), usd("1.00"))
    clock.advance(timedelta(hours=1))
    ledger.expire()
    assert len(ledger.pending_alerts()) == 1


# Sending.


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        (
            "it",
            "Avviso di spesa: raggiunti 1,00 USD",
            ["la chiave …WXYZ", "1,50 USD", "Nulla è stato bloccato"],
        ),
        ("en", "Spend alert: $1.00 reached", ["the key …WXYZ", "$1.50", "Nothing is blocked", "Dec 1, 2026"]),
    ],
)
def test_the_mail_says_what_was_reached_and_that_nothing_is_blocked(
    ledger: Ledger, budget: Budget, language: str, subject: str, said: list[str]
) -> None:
    budget.set(soft="1.00", key="…WXYZ")
    spend(ledger, "a", "1.50")
    post = Post()
    assert send_pending(ledger, SERVER, "me@example.org", language, post.connect) == 1
    (mail,) = post.mails
    assert (mail["Subject"], mail["From"], mail["To"]) == (subject, "ppkit@example.org", "me@example.org")
    for part in mail.iter_parts():
        assert [words for words in said if words not in part.get_content()] == [], part.get_content_type()
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_an_alert_is_sent_once_however_often_one_looks(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    post = Post()
    assert send_pending(ledger, SERVER, "me@example.org", "en", post.connect) == 1
    assert send_pending(ledger, SERVER, "me@example.org", "en", post.connect) == 0
    assert len(post.mails) == 1


def test_two_senders_at_a_time_do_not_send_the_same_alert(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    post, other = Post(), Post()
    post.meanwhile = lambda: send_pending(ledger, SERVER, "me@example.org", "en", other.connect)
    assert send_pending(ledger, SERVER, "me@example.org", "en", post.connect) == 1
    assert (len(post.mails), len(other.mails)) == (1, 0)


def test_a_sender_that_died_is_replaced_after_a_while(
    ledger: Ledger, budget: Budget, clock: ManualClock
) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    with pytest.raises(SystemExit):
        send_pending(ledger, SERVER, "me@example.org", "en", dying)
    post = Post()
    assert send_pending(ledger, SERVER, "me@example.org", "en", post.connect) == 0
    clock.advance(timedelta(minutes=6))
    assert send_pending(ledger, SERVER, "me@example.org", "en", post.connect) == 1


@pytest.mark.parametrize("trouble", ["claimed", "postponed"])
def test_an_alert_that_a_wrong_clock_put_off_for_years_is_due_when_the_clock_is_right_again(
    ledger: Ledger, budget: Budget, clock: ManualClock, trouble: str
) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    right = clock.now()
    clock.advance(timedelta(days=1500))
    if trouble == "claimed":
        with pytest.raises(SystemExit):
            send_pending(ledger, SERVER, "me@example.org", "en", dying)
    else:
        for _ in range(2):
            with pytest.raises(AlertNotSent):
                send_pending(ledger, SERVER, "me@example.org", "en", Post(ConnectionRefusedError()).connect)
    assert send_pending(ledger, SERVER, "me@example.org", "en", Post().connect) == 0
    ledger.clock = ManualClock(right)
    assert send_pending(ledger, SERVER, "me@example.org", "en", Post().connect) == 1


def dying(server: MailServer) -> AbstractContextManager[Post]:
    raise SystemExit


def test_what_the_mail_server_did_not_take_waits_for_the_next_time(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    trouble = Post(smtplib.SMTPAuthenticationError(535, CANARY.encode()))
    with pytest.raises(AlertNotSent) as refusal:
        send_pending(ledger, SERVER, "me@example.org", "en", trouble.connect)
    assert refusal.value.facts == {"host": "mail.example.org", "reason": "SMTPAuthenticationError"}
    assert refusal.value.__cause__ is None
    assert send_pending(ledger, SERVER, "me@example.org", "en", Post().connect) == 1


def test_a_tag_with_a_line_break_cannot_write_a_header(ledger: Ledger) -> None:
    alert = Alert(1, "2026-11", "tag:client=a\nBcc: x@example.org", usd("1"), usd("1"), ledger.clock.now())
    mail = mail_of(alert, "ppkit@example.org", "me@example.org", "en")
    assert mail["Bcc"] is None


def test_a_mail_server_that_stumbles_over_the_farewell_has_the_mail(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    post = Post(at_farewell=smtplib.SMTPServerDisconnected())
    assert send_pending(ledger, SERVER, "me@example.org", "en", post.connect) == 1
    assert ledger.pending_alerts() == []


# The address of the mail server.


def test_a_mail_server_is_read_from_its_address() -> None:
    assert MailServer.from_url("smtp://mail.example.org?from=a@example.org") == MailServer(
        "mail.example.org", 587, "a@example.org", implicit_tls=False
    )
    assert MailServer.from_url(f"smtps://me%40example.org:{CANARY}%2F@mail.example.org:4650") == MailServer(
        "mail.example.org", 4650, "me@example.org", True, "me@example.org", CANARY + "/"
    )


@pytest.mark.parametrize(
    "url",
    [
        f"http://me:{CANARY}@mail.example.org?from=a@example.org",
        f"smtp://me:{CANARY}@mail.example.org:port?from=a@example.org",
        f"smtp://me:{CANARY}@?from=a@example.org",
        f"smtp://me:{CANARY}@mail.example.org",
        f"smtp://me:{CANARY}@mail.example.org?from=a@example.org%0aBcc:b@example.org",
        f"smtp://[me:{CANARY}@mail.example.org?from=a@example.org",
        "",
    ],
)
def test_an_address_that_cannot_be_understood_is_not_repeated(url: str) -> None:
    with pytest.raises(InvalidMailUrl) as refusal:
        MailServer.from_url(url)
    assert CANARY not in f"{refusal.value!r} {refusal.value.__cause__!r}"


def test_a_password_is_not_shown() -> None:
    server = MailServer.from_url(f"smtp://me:{CANARY}@mail.example.org?from=a@example.org")
    assert server.password == CANARY
    assert CANARY not in repr(server)


# In practice.


def test_in_practice_the_mail_arrives_in_the_inbox_without_a_mail_server(
    ledger: Ledger, budget: Budget
) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    inbox, post = Post(), Post()
    practice_post = PracticePost(inbox.send_message, post.connect)
    assert send_pending(ledger, NO_SERVER, "me@example.org", "en", practice_post, practice=True) == 1
    assert (len(inbox.mails), post.mails) == (1, [])
    assert str(inbox.mails[0]["subject"]).startswith("[PRACTICE]")


def test_in_practice_a_mail_server_that_fails_keeps_nothing_from_the_inbox_and_is_tried_again(
    ledger: Ledger, budget: Budget
) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    inbox = Post()
    failing = PracticePost(inbox.send_message, Post(trouble=ConnectionRefusedError()).connect)
    with pytest.raises(AlertNotSent):
        send_pending(ledger, SERVER, "me@example.org", "en", failing)
    assert len(inbox.mails) == 1
    post = Post(at_farewell=ConnectionResetError())
    assert (
        send_pending(ledger, SERVER, "me@example.org", "en", PracticePost(inbox.send_message, post.connect))
        == 1
    )
    assert len(post.mails) == 1
