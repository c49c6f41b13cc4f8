"""Hints one after the other, the likeliest first, for what has more than one way to be mended."""

from __future__ import annotations

from itertools import count, takewhile

from ppkit.checkup.diagnosis import Diagnosis
from ppkit.look.texts import Texts

# Answers that are mended in the same ways share their hints.
SHARED = {
    "billing_not_active": "no_credit",
    "admin_key_needed": "missing_scope",
    **dict.fromkeys(
        (
            *(
                "refused_connection",
                "name_not_found",
                "tls_failed",
                "proxy_failed",
                "timed_out",
                "no_network",
            ),
            *("connect_timed_out", "tls_not_spoken", "certificate_not_trusted", "certificate_of_other_name"),
        ),
        "no_connection",
    ),
    # A variable: how it is taken out, where it may stand.
    **dict.fromkeys(
        (
            *(
                "certificates_missing",
                "certificates_unreadable",
                "certificate_not_in_bundle",
                "bundle_not_read",
            ),
            *("proxy_malformed", "proxy_scheme_unknown", "proxy_needs_socks", "proxy_unreachable"),
            *("proxy_not_found", "proxy_wants_sign_in", "proxy_without_tls"),
            *("address_refused", "address_not_found", "address_without_tls", "address_leads_nowhere"),
        ),
        "setting",
    ),
}
SHARED_BY_OWN = {
    "key_in_setting": "setting",
    "account_id_malformed": "setting",
    "account_id_of_other": "setting",
    "custom_header_malformed": "setting",
    "impossible_setting": "setting",
}


def hints_for(diagnosis: Diagnosis, texts: Texts) -> tuple[str, ...]:
    """The texts "diagnosis.<code>.hint.1", ".2" …, as many as there are."""
    if diagnosis.own:
        faulty_address = "setting" if diagnosis.code.startswith("address_") else ""
        code = SHARED_BY_OWN.get(diagnosis.code, faulty_address)
    else:
        code = SHARED.get(diagnosis.code, diagnosis.code)
    ids = takewhile(lambda text_id: text_id in texts, (f"diagnosis.{code}.hint.{n}" for n in count(1)))
    return tuple(texts(text_id, name=diagnosis.facts.get("name", "…")) for text_id in ids)
