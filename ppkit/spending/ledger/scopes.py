"""Scopes: whose money a limit watches. "all", one key ("key:…WXYZ") or one tag ("tag:client=a")."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
_SHOWN_KEY = re.compile(rf"(?:{_KEY})?(?:sk-)?(?P<name>…(?:[!-~]{{4}})?)")
_SECRET_KEY = re.compile(rf"(?:{_KEY})?(?P<secret>sk-[!-~]{{{SHORTEST_KEY - 3},}})")


class SecretKey(Protocol):
    """What shows no more of a key than its last four characters: an ApiKey, which lies in another room."""

    @property
    def masked_end(self) -> str: ...


def key_name(key: str | SecretKey) -> str | None:
    """The ledger's name for a key, from any form it is shown in, or from the secret; None: no key's form.

    Shown are "…WXYZ" (reports), "sk-…WXYZ" (`ppkit key list`) and "key:…WXYZ" (the scope of a refusal).
    """
    if not isinstance(key, str):
        return key.masked_end
    text = key.strip()
    if shown := _SHOWN_KEY.fullmatch(text):
        return shown["name"]
    secret = _SECRET_KEY.fullmatch(text)
    return masked_end(secret["secret"]) if secret else None


def key_scope(key: str) -> str:
    """The scope of one key, given by the name the ledger knows it by (a masked key or a chosen name)."""
    return f"{_KEY}{key}"


def is_key_scope(scope: str) -> bool:
    return scope.startswith(_KEY)


def scope_meant(scope: str) -> str:
    """The scope in which calls count: a key's, however it is written, under the ledger's name for it."""
    name = key_name(scope.removeprefix(_KEY)) if is_key_scope(scope) else None
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
    """Every scope a call counts in, always in the same order so that locks are taken in the same order."""
    return [ALL, key_scope(key), *(f"tag:{name}={tags[name]}" for name in sorted(tags))]


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
