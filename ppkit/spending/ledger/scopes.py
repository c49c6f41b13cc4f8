"""Scopes: whose money a limit watches. "all", one key ("key:…WXYZ") or one tag ("tag:client=a")."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ppkit.spending.ledger.errors import InvalidTag

ALL = "all"
LONGEST_TAG_VALUE = 200

_TAG_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def key_scope(key: str) -> str:
    """The scope of one key, given by the name the ledger knows it by (a masked key or a chosen name)."""
    return f"key:{key}"


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
    """Raises InvalidTag unless the name is a tag name and the value is text of 1 to 200 characters.

    An equals sign in a name would make two different tags one scope.
    """
    if not is_tag_name(name) or not 0 < len(value) <= LONGEST_TAG_VALUE:
        raise InvalidTag(name=name, value=value)
