"""Scopes: whose money a limit watches. "all", keys ("key:…WXYZ") or one tag ("tag:client=a").

In a class two keys can end in the same four characters. So a key has an identity, "…WXYZ#0123456789ab": its
end, and a fingerprint made with a salt that only its ledger knows. "key:…WXYZ" counts all keys that end so,
the scope of an identity that one key alone. Calls of earlier versions have no fingerprint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Protocol

from ppkit.keys.key_refusal import refuse_keys
from ppkit.keys.masking import SHORTEST_KEY, masked_end
from ppkit.spending.ledger.errors import InvalidTag

ALL = "all"
LONGEST_TAG_VALUE = 200

_TAG_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# A text with a NUL in it is cut there by what reads it from SQLite; half a surrogate pair is no text at all.
_UNTELLABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_KEY = "key:"
FINGERPRINT_LENGTH = 12  # hexadecimal digits
_FINGERPRINT = re.compile(rf"[0-9a-f]{{{FINGERPRINT_LENGTH}}}")
_IDENTITY = re.compile(rf"(?P<shown>…(?:[!-~]{{4}})?)#(?P<fingerprint>[0-9a-f]{{{FINGERPRINT_LENGTH}}})")
_SHOWN_KEY = re.compile(
    rf"(?:{_KEY})?(?:sk-)?(?P<name>…(?:[!-~]{{4}})?(?:#[0-9a-f]{{{FINGERPRINT_LENGTH}}})?)"
)
_SECRET_KEY = re.compile(rf"(?:{_KEY})?(?P<secret>sk-[!-~]{{{SHORTEST_KEY - 3},}})")


class SecretKey(Protocol):
    """A secret that shows itself to one method alone: an ApiKey, which lies in another room."""

    def get_secret_value(self) -> str: ...


def shown_key_in(text: str) -> str | None:
    """The ledger's name for a key, or an identity, from any form that either is shown in; None: no such form.

    Shown are "…WXYZ" (reports), "sk-…WXYZ" (`ppkit key list`) and "key:…WXYZ" (the scope of a refusal).
    """
    shown = _SHOWN_KEY.fullmatch(text.strip())
    return shown["name"] if shown else None


def secret_in(key: str | SecretKey) -> str | None:
    """The secret itself, where one is given instead of a name; None for every other text."""
    if not isinstance(key, str):
        return key.get_secret_value()
    found = _SECRET_KEY.fullmatch(key.strip())
    return found["secret"] if found else None


def fingerprint_with(salt: str, secret: str) -> str:
    """What tells a key from others with the same end.

    The salt is one ledger's own: elsewhere the same key has another fingerprint.
    """
    return blake2b(secret.encode(), key=salt.encode(), digest_size=FINGERPRINT_LENGTH // 2).hexdigest()


def is_fingerprint(text: str) -> bool:
    """Whether a ledger can have made it; the empty one stands for none."""
    return not text or _FINGERPRINT.fullmatch(text) is not None


def identity_of(shown: str, fingerprint: str) -> str:
    """The key as its ledger knows it; by its name alone where there is no fingerprint."""
    return f"{shown}#{fingerprint}" if fingerprint else shown


def parts_of(identity: str) -> tuple[str, str]:
    """The name to show, and the fingerprint; it is empty for a name alone."""
    found = _IDENTITY.fullmatch(identity)
    return (found["shown"], found["fingerprint"]) if found else (identity, "")


def key_scope(key: str) -> str:
    """The scope of a key, by the name the ledger knows it by: a masked key, an identity or a chosen name."""
    return f"{_KEY}{key}"


def is_key_scope(scope: str) -> bool:
    return scope.startswith(_KEY)


def scope_meant(scope: str) -> str:
    """The scope in which calls count: a key's, however it is written, under the ledger's name for it."""
    if not is_key_scope(scope):
        return scope
    text = scope.removeprefix(_KEY)
    secret = secret_in(text)
    name = shown_key_in(text) if secret is None else masked_end(secret)
    return scope if name is None else key_scope(name)


def tag_scope(name: str, value: str) -> str:
    """The scope of one tag. Raises InvalidTag."""
    check_tag(name, value)
    return f"tag:{name}={value}"


def tag_scope_of(tag: str) -> str:
    """The scope of a tag written as "name=value". Raises InvalidTag."""
    name, _, value = tag.partition("=")
    return tag_scope(name, value)


def scopes_of(key: str, tags: Mapping[str, str]) -> list[str]:
    """Every scope that a call counts in, its key given by its identity.

    Always in the same order, so that locks are taken in the same order.
    """
    shown, fingerprint = parts_of(key)
    exact = [key_scope(key)] if fingerprint else []
    return [ALL, key_scope(shown), *exact, *(f"tag:{name}={tags[name]}" for name in sorted(tags))]


def is_tag_name(name: str) -> bool:
    """Letters, digits, "_", "." and "-", at most 64 of them."""
    return _TAG_NAME.fullmatch(name) is not None


def check_tag(name: str, value: str) -> None:
    """Raises InvalidTag unless the name is a tag name and the value is text of 1 to 200 characters, none of
    them a control character.

    An equals sign in a name would make two different tags one scope. Raises KeyInText for a secret.
    """
    refuse_keys("tag", name, value)
    if not is_tag_name(name) or not 0 < len(value) <= LONGEST_TAG_VALUE or has_control_characters(value):
        raise InvalidTag(name=_visible(name), value=_visible(value))


def has_control_characters(text: str) -> bool:
    """Whether something in it is no character to read: NUL, a line break, a terminal's escape."""
    return _UNTELLABLE.search(text) is not None


def _visible(text: str) -> str:
    """The same with control characters written out, for a sentence that a terminal will show."""
    return _UNTELLABLE.sub(lambda found: ascii(found[0])[1:-1], text)
