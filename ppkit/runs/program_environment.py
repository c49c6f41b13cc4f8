"""The environment in which a program that knows nothing of ppkit finds its key and its address."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from typing import NamedTuple
from urllib.parse import urlsplit

from ppkit.account_variables import withheld_variables
from ppkit.connection_settings import OPENAI_ADDRESS
from ppkit.errors import PpkitError
from ppkit.linking import KEY_VARIABLE, NoUsableKey
from ppkit.sessions import Session

_BASE_URLS = ("OPENAI_BASE_URL", "OPENAI_API_BASE")  # the SDK's name, and the one that some frameworks read
_PAST_PROXIES = ("NO_PROXY", "no_proxy")
_OF_ARGUMENTS = {
    "base_url": "OPENAI_BASE_URL",
    "organization": "OPENAI_ORG_ID",
    "project": "OPENAI_PROJECT_ID",
}

Changes = Mapping[str, str | None]
"""Variables to set, or to remove (None)."""


class AddressElsewhere(PpkitError):
    """A variable leads clients to another host than the settings do, for which the linked key is not.

    Facts: name, host.
    """

    code = "address_elsewhere"


class ForProgram(NamedTuple):
    """What a run changes for a program, and the address that the linked key is for, where it lends that."""

    changes: Changes
    lent_for: str | None = None


def environment_for(session: Session) -> ForProgram:
    """What leads a plain client to where the session's own go.

    In practice mode everything: the practice platform's address, the linked practice key, nothing of a real
    account, no proxy. Live, the linked key and the account of the settings, where the environment names none.
    Raises NoUsableKey in practice mode, what the practice platform raises, FaultyConnection, and
    AddressElsewhere.
    """
    if session.mode == "practice":
        given = session.connection.arguments({})
        local = {name: _past_proxies(os.environ.get(name, "")) for name in _PAST_PROXIES}
        withheld: dict[str, str | None] = dict.fromkeys(withheld_variables(os.environ))
        address = dict.fromkeys(_BASE_URLS, given["base_url"])
        return ForProgram({**withheld, **local, **address, KEY_VARIABLE: given["api_key"]})
    try:
        given = session.connection.arguments({})
    except NoUsableKey:  # the program may bring its own
        return ForProgram({})
    found = {variable: given.get(name) for name, variable in _OF_ARGUMENTS.items()}
    found[KEY_VARIABLE] = given["api_key"]
    changes = {name: value for name, value in found.items() if value and not os.environ.get(name)}
    if KEY_VARIABLE not in changes:
        return ForProgram(changes)
    home = given.get("base_url") or OPENAI_ADDRESS
    _check_addresses(home)
    return ForProgram(changes, home)


def _check_addresses(home: str) -> None:
    from ppkit.metering.lent_key import is_same_host  # lazy: loads the SDK

    for name in _BASE_URLS:
        address = os.environ.get(name)
        if address and not is_same_host(address, home):
            raise AddressElsewhere(name=name, host=urlsplit(address).hostname or "?")


def _past_proxies(before: str) -> str:
    return ",".join(part for part in (before, "127.0.0.1", "localhost") if part)


class ChangedEnvironment:
    """Variables changed for a while, and put back where nobody else has changed them meanwhile."""

    def __init__(self, environment: MutableMapping[str, str], changes: Changes) -> None:
        self._environment = environment
        self._changes = changes
        self._before = {name: environment.get(name) for name in changes}
        _apply(environment, changes)

    def __repr__(self) -> str:  # a key is among them
        return f"<{type(self).__name__}: {', '.join(sorted(self._changes))}>"

    def restore(self) -> None:
        _apply(
            self._environment,
            {
                name: before
                for name, before in self._before.items()
                if self._environment.get(name) == self._changes[name]
            },
        )


def _apply(environment: MutableMapping[str, str], changes: Changes) -> None:
    for name, value in changes.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
