"""Linking: the one door through which a key is adopted, kept, switched to or forgotten.

Windows, the notebook's functions and the command line all come through here, so that none of them can leave
behind what was proven with another key. A proof that was earned is a fact with its key (`onboarding.Fact`);
whether it holds now is asked of the key in force.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from ppkit.class_membership import ClassMembership
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.keys import (
    DEFAULT_NAME,
    ApiKey,
    ColabSecret,
    FileKeyStore,
    KeyChain,
    KeyChoice,
    KeyLine,
    KeyringStore,
    SavedKeys,
    Source,
    SourceName,
    Where,
    parse_pasted_key,
    read_only_sources,
)
from ppkit.keys.pasted_key import Expected
from ppkit.mode import Mode
from ppkit.onboarding.progress import Facts, Progress, ProgressDamaged, ProgressTooNew
from ppkit.onboarding.steps import BY_NAME, CHECKS, StepName
from ppkit.place import Place, place_of
from ppkit.settings import dotenv_path

Found = TypeVar("Found")

KEY_VARIABLE = "OPENAI_API_KEY"
ADMIN_KEY_VARIABLE = "OPENAI_ADMIN_KEY"


class KeyRefused(PpkitError):
    """The text is no key that this mode may use. Facts: refusal, mode, and those that the refusal reports
    (a vendor, a length, a place, a character): never the text.
    """

    code = "key_refused"


class NoUsableKey(PpkitError):
    """A call needs a key and there is none to use."""


class NoKeyLinked(NoUsableKey):
    """None is linked anywhere. Facts: mode."""

    code = "no_key_linked"


class KeyPassedOver(NoUsableKey):
    """There is one, but it cannot be used: damaged, of the other mode, out of reach. Facts: mode, place."""

    code = "key_passed_over"


class Linking:
    """The keys of one session, and the proofs in its progress.

    Methods raise what the chain and the stores raise, and ProgressNotWritten; the key is then in use already.
    """

    def __init__(
        self,
        mode: Mode,
        home: Path,
        environment: Callable[[], Mapping[str, str]],
        *,
        clock: Clock,
        progress: Progress,
    ) -> None:
        """`home` is the mode's own folder. The environment is asked for when needed and not held."""
        self.mode = mode
        self._environment = environment
        self._progress = progress
        self._look = _Look()
        self._colab_secret = cache(lambda name: ColabSecret(name, clock))
        self.saved = SavedKeys(
            KeyringStore(home / "keyring.json", f"ppkit ({mode})"),
            FileKeyStore(home / "keys.json"),
            may_store=self.may_store,
        )
        # Of both modes: a class sees what is practised, and what is done live.
        self.membership = ClassMembership(home.parent, environment)
        self._chain = KeyChain(mode, lambda: self._read_only(KEY_VARIABLE), self.saved)
        self._admin_chain = KeyChain(mode, lambda: self._read_only(ADMIN_KEY_VARIABLE), expected="admin")

    # --- what there is

    @property
    def place(self) -> Place:
        """Where this process runs: on Binder nothing is stored, and live mode begins with mybinder's rule."""
        return place_of(self._environment())

    @property
    def binder_rule_first(self) -> bool:
        """Whether mybinder's own rule about real keys is to be read before one is asked for."""
        return self.mode == "live" and self.place is Place.BINDER

    @property
    def may_store(self) -> bool:
        return self.place is not Place.BINDER

    @property
    def may_go_live(self) -> bool:
        """Whether a page may be switched to live mode: what is public is no place for a real key."""
        return self.place not in (Place.BINDER, Place.STATIC_PAGE)

    def chosen(self) -> KeyChoice:
        """The key in force, the keys it hides, and what was passed over, with the reason. Never raises."""
        return self._look.at("key", self._chain.chosen)

    @property
    def linked_key(self) -> ApiKey | None:
        return self.chosen().key

    def lines(self) -> list[KeyLine]:
        """The masked list of every key there is, from all sources, in the order in which they count."""
        return self._look.at("lines", lambda: self._chain.lines(self.chosen()))

    @property
    def admin_key(self) -> ApiKey | None:
        """For reading limits and costs: typed, or in OPENAI_ADMIN_KEY; it is never stored."""
        return self._look.at("admin key", self._admin_chain.chosen).key

    def one_look(self) -> AbstractContextManager[None]:
        """What is asked inside, in this thread, is read once: several windows are redrawn from one look."""
        return self._look.taken()

    def require_key(self) -> ApiKey:
        """The key in force. Raises NoKeyLinked, or KeyPassedOver where there is one that cannot be used."""
        chosen = self.chosen()
        if chosen.key is not None:
            return chosen.key
        if chosen.refused:
            raise KeyPassedOver(mode=self.mode, place=chosen.refused[0].source.label)
        raise NoKeyLinked(mode=self.mode)

    def _read_only(self, variable: str) -> list[Source]:
        colab = self._colab_secret(variable) if self.place is Place.COLAB else None
        return read_only_sources(variable, self._environment(), dotenv_path(), colab)

    # --- what changes it

    def adopt(
        self, key: ApiKey, *, store: bool = False, name: str = DEFAULT_NAME, where: Where | None = None
    ) -> SourceName:
        """Use this key from now on; keep it only when asked. Returns where it lies: typed, keyring or file.

        Raises KeyRefused when the key belongs to the other mode, or is an admin key; with `store` also what
        `SavedKeys.save` raises, and the key is then in use for this session all the same.
        """
        self._accept(key, "project")
        with self._proofs_follow():
            self._chain.type_in(key)
            return self.saved.save(key, name, where) if store else SourceName.TYPED

    def adopt_admin(self, key: ApiKey) -> None:
        """Use this admin key in this session. Raises KeyRefused for a key of any other kind."""
        self._accept(key, "admin")
        self._admin_chain.type_in(key)
        self._look.forget()

    def keep(self, key: ApiKey, name: str = DEFAULT_NAME, where: Where | None = None) -> SourceName:
        """Keep this key and make it the first among the saved; another place may still come before those."""
        with self._proofs_follow():
            return self.saved.save(key, name, where)

    def switch(self, name: str) -> KeyChoice:
        """Put a key of the list first: a saved name, or a source such as "environment". Raises NoSuchKey."""
        with self._proofs_follow():
            return self._chain.use(name)

    def switch_saved(self, name: str) -> SourceName:
        """Make a saved key the first among the saved, for every session to come. Raises NoSuchKey."""
        with self._proofs_follow():
            return self.saved.use(name)

    def forget(self, name: str | None = None) -> KeyChoice:
        """Drop one key of the list, or all that were typed and saved, the admin key too.

        What is returned says what still keeps the session linked. Raises NoSuchKey, NotOursToForget (a
        variable is not ours to unset), and what the stores raise.
        """
        if name is None:
            self._admin_chain.forget()
        with self._proofs_follow():
            return self._chain.forget(name)

    def forget_saved(self, name: str | None = None) -> bool:
        """Drop one saved key, or all of them; False when there was nothing to drop."""
        with self._proofs_follow():
            return self.saved.forget(name)

    def _accept(self, key: ApiKey, expected: Expected) -> None:
        read = parse_pasted_key(key.get_secret_value(), self.mode, expected)
        if read.refusal:
            raise KeyRefused(refusal=read.refusal.value, mode=self.mode, **read.facts)

    @contextmanager
    def _proofs_follow(self) -> Iterator[None]:
        """Whatever happens inside, what was proven with another key than the one then in force is gone."""
        before = self._chain.chosen().key
        try:
            yield
        finally:
            self._look.forget()
            take_back(self._progress, before, self._chain.chosen().key)


class _Look(threading.local):
    """What one look at the keys has found, while it lasts."""

    def __init__(self) -> None:
        self._found: dict[str, Any] | None = None

    def at(self, what: str, read: Callable[[], Found]) -> Found:
        if self._found is None:
            return read()
        if what not in self._found:
            self._found[what] = read()
        found: Found = self._found[what]
        return found

    @contextmanager
    def taken(self) -> Iterator[None]:
        before = self._found
        if before is None:
            self._found = {}
        try:
            yield
        finally:
            self._found = before

    def forget(self) -> None:
        """Look again: a key has come or gone."""
        if self._found is not None:
            self._found.clear()


def take_back(progress: Progress, before: ApiKey | None, now: ApiKey | None) -> None:
    """Let the proofs lapse that do not belong to the key in force now. Raises ProgressNotWritten."""
    # What cannot be read shows no proof, and is left as it is.
    with suppress(ProgressDamaged, ProgressTooNew):
        if _stale(progress.load(), before, now):
            progress.update(lambda known: known.lapsed(_stale(known, before, now)))


def _stale(facts: Facts, before: ApiKey | None, now: ApiKey | None) -> list[str]:
    """The checks whose proof belongs to another key than the one in force.

    Without any, only the link of the one before is no longer true: what a key showed is its own again when it
    comes back. Of a proof that an earlier version kept, nobody knows the key: it goes when the key changes.
    """
    bound = {check.name: fact for check in CHECKS if check.of_key and (fact := facts.of(check.name))}
    if now is None:
        gone = ("", before.fingerprint) if before else ()
        return [
            check
            for check, fact in bound.items()
            if BY_NAME[check].step is StepName.LINK and fact.key in gone
        ]
    own = now.fingerprint
    return [check for check, fact in bound.items() if (fact.key != own if fact.key else before != now)]
