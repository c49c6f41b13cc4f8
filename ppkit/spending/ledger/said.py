"""Words that a person writes into the books: who corrects an entry, and why."""

from __future__ import annotations

from ppkit.spending.ledger.errors import SecretTyped


def refuse_secret(text: str) -> str:
    """The text as it came. Raises SecretTyped where a key stands in it: entries are never changed again."""
    from ppkit.keys.redaction import redact  # lazy: hardly ever needed, and no call's path leads here

    if redact(text) != text:
        raise SecretTyped from None
    return text
