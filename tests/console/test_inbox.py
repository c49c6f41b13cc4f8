"""The inbox, and the words of every mail."""

from __future__ import annotations

import re
from pathlib import Path

from sweeps import sweep

from ppkit.clock import ManualClock
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.practice_platform import mailbox
from ppkit.practice_platform.console.inbox_pages import LEADS, letter
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import Mail

from .person import Person, spend, words


def test_an_opened_mail_counts_as_read(buyer: Person, platform: Platform) -> None:
    unread = platform.mailbox.unread()
    mail = platform.mails()[0]
    assert "Studio Bianchi" in words(buyer.read(f"inbox?mail={mail.id}"))
    assert platform.mailbox.unread() == unread - 1


MAILS: dict[str, dict[str, str | int]] = {
    "welcome": {"name": "A", "organization": "O"},
    "receipt": {"amount_pico_usd": 5, "invoice": "I", "purchase": "P"},
    "auto_recharge_done": {"amount_pico_usd": 5, "invoice": "I", "purchase": "P"},
    "auto_recharge_failed": {"amount_pico_usd": 5, "last4": "9995"},
    "auto_recharge_capped": {"amount_pico_usd": 5, "cap_pico_usd": 4},
    "spend_alert": {
        "scope": "organization",
        "threshold_pico_usd": 5,
        "spent_pico_usd": 6,
        "subject_prefix": "X",
    },
    "app_alert": {"subject": "[PRACTICE] S", "text": "One.\n\nTwo.\n"},
    "limit_reached": {"scope": "organization", "threshold_pico_usd": 5, "spent_pico_usd": 6},
    "credit_expired": {"amount_pico_usd": 5},
    "card_hold": {"amount_pico_usd": 5, "last4": "8210"},
    "invitation": {"name": "N", "organization": "O"},
    "invitation_accepted": {"name": "N", "email": "b@example.com"},
    "verification_approved": {},
    "verification_refused": {},
    "key_leaked": {"name": "N", "redacted": "sk-practice-...abcd"},
}


@sweep("language", LANGUAGES)
@sweep("kind", MAILS)
def test_every_mail_has_its_words(clock: ManualClock, kind: str, language: str) -> None:
    written = letter(Mail(1, kind, ("a@example.com",), MAILS[kind], clock.now(), None), Texts(language))
    assert "[PRACTICE]" in written.subject
    assert all(written.paragraphs)


def test_every_mail_the_platform_sends_is_known_here() -> None:
    folder = Path(mailbox.__file__).parent
    sent = {
        kind
        for path in folder.glob("*.py")
        for kind in re.findall(r'mailbox\.send\(\s*"([a-z_]+)"', path.read_text())
    }
    assert sent <= MAILS.keys()
    assert sent
    assert MAILS.keys() == LEADS.keys()


def test_a_mail_leads_to_the_page_where_its_matter_is_settled(person: Person, platform: Platform) -> None:
    client = platform.projects.create("Client A")
    platform.limits.create_alert(100, ["anna@example.com"], client.id)
    spend(platform, platform.create_key("A", client.id)[0], "2")
    mail = platform.mails()[0]
    assert f'href="limits?project={client.id}"' in person.read(f"inbox?mail={mail.id}").text


def test_a_mail_of_ones_own_app_is_shown_as_it_was_written_and_says_who_wrote_it(
    buyer: Person, platform: Platform
) -> None:
    platform.mailbox.send(
        "app_alert", subject="[PRATICA] Avviso di spesa", text="Speso: {5}\n\nNulla è bloccato.\n"
    )
    page = words(buyer.read(f"inbox?mail={platform.mails()[0].id}&language=en"))
    assert "[PRATICA] Avviso di spesa" in page
    assert "[PRACTICE] [PRATICA]" not in page
    assert "From ppkit" in page
    assert "Speso: {5} Nulla è bloccato." in page
