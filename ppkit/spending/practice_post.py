"""Where alerts go in practice: into the practice platform's inbox, and by mail as well if a server is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from ppkit.mail_server import MailServer
from ppkit.spending.alerts import Connect, SmtpConnection

NO_SERVER = MailServer("practice.example", 0, "ppkit@practice.example", implicit_tls=False)
LEARNER = "learner@practice.example"

Deliver = Callable[[EmailMessage], object]
"""Puts a mail into the inbox; one that is there already is not put there twice. Raises OSError."""


@dataclass(frozen=True, slots=True)
class PracticePost:
    """A mail server, as far as alerts look at one: `connect` of `send_pending`."""

    deliver: Deliver
    connect: Connect

    @contextmanager
    def __call__(self, server: MailServer) -> Iterator[SmtpConnection]:
        yield _Copies(self, server)


@dataclass(frozen=True, slots=True)
class _Copies:
    post: PracticePost
    server: MailServer

    def send_message(self, msg: EmailMessage, /) -> None:
        """The inbox first: it is there even when the mail server is not."""
        self.post.deliver(msg)
        if self.server is NO_SERVER:
            return
        taken = False
        try:
            with self.post.connect(self.server) as real:
                real.send_message(msg)
                taken = True
        except OSError:
            if not taken:  # trouble at the farewell: the server has the mail
                raise
