"""Hints one after the other, the likeliest first, for what has more than one way to be mended."""

from __future__ import annotations

from itertools import count, takewhile

from ppkit.checkup.diagnosis import Diagnosis
from ppkit.look.texts import Texts

# Answers that are mended in the same ways share their hints.
SHARED = {
    "billing_not_active": "no_credit",
    "admin_key_needed": "missing_scope",
    "refused_connection": "no_connection",
    "name_not_found": "no_connection",
    "tls_failed": "no_connection",
    "proxy_failed": "no_connection",
    "timed_out": "no_connection",
}


def hints_for(diagnosis: Diagnosis, texts: Texts) -> tuple[str, ...]:
    """The texts "diagnosis.<code>.hint.1", ".2" …, as many as there are."""
    code = SHARED.get(diagnosis.code, diagnosis.code)
    ids = takewhile(lambda text_id: text_id in texts, (f"diagnosis.{code}.hint.{n}" for n in count(1)))
    return () if diagnosis.own else tuple(texts(text_id) for text_id in ids)
