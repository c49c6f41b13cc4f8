"""The alert mailer: soft-limit mails leave beside the calls, now, later, and when the process ends."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from ppkit.clock import SystemClock
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.spending.alert_mail import mail_of
from ppkit.spending.alert_mailer import AlertMailer
from ppkit.spending.alerts import AlertNotSent
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger
from ppkit.start.shared_platform import end_practice

from .test_alerts import spend


def test_a_started_alert_mailer_makes_its_first_round_at_once_and_its_last_one_when_stopped() -> None:
    rounds: list[str] = []
    first = threading.Event()

    def deliver() -> int:
        rounds.append(threading.current_thread().name)
        first.set()
        return 0

    alert_mailer = AlertMailer(deliver, round_seconds=3600)
    alert_mailer.start()
    assert first.wait(60)
    alert_mailer.stop()
    assert rounds == ["ppkit-alert-mailer", "MainThread"]


def test_a_round_that_fails_is_told_to_the_log_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def deliver() -> int:
        raise AlertNotSent(host="mail.example.org", reason="ConnectionRefusedError")

    with caplog.at_level(logging.WARNING):
        AlertMailer(deliver).make_round()
    assert "ConnectionRefusedError" in caplog.text


def test_a_round_survives_whatever_happens_in_it_and_names_its_kind_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def deliver() -> int:
        raise RuntimeError("CANARY")

    AlertMailer(deliver).make_round()
    assert "RuntimeError" in caplog.text
    assert "CANARY" not in caplog.text


def test_a_practice_mail_says_that_it_is_practice(ledger: Ledger, budget: Budget) -> None:
    budget.set(soft="1.00")
    spend(ledger, "a", "1.00")
    alert = ledger.pending_alerts()[0]
    marked = mail_of(alert, "a@example.org", "b@example.org", "it", practice=True)
    assert str(marked["Subject"]).startswith("[PRATICA] ")
    assert not str(mail_of(alert, "a@example.org", "b@example.org", "it")["Subject"]).startswith("[")


def test_without_a_mail_server_in_the_settings_nothing_is_sent_and_nothing_is_lost(tmp_path: Path) -> None:
    session = Session(Settings(home=tmp_path, mode="live"), environment={})
    session.budget.set(soft="1.00")
    spend(session.ledger, "a", "1.00")
    assert session.accounting.send_alerts() == 0
    assert len(session.ledger.pending_alerts()) == 1
    session.ledger.close()


@pytest.mark.processes
def test_in_practice_it_lies_in_the_platforms_inbox_once_and_needs_no_mail_server(tmp_path: Path) -> None:
    session = Session(Settings(home=tmp_path), environment={})
    session.budget.set(soft="1.00")
    spend(session.ledger, "a", "1.00")
    try:
        assert session.accounting.send_alerts() == 1
        assert session.accounting.send_alerts() == 0
        assert session.practice_link.alerts_in_inbox() == 1
    finally:
        end_practice(tmp_path, SystemClock())
