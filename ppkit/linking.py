"""Linking: the one door through which a key is adopted, kept, switched to or forgotten.

Windows, the notebook's functions and the command line all come through here, so that none of them can leave
behind what was proven with another key. A proof that was earned is a fact with its key (`onboarding.Fact`);
whether it holds now is asked of the key in force.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ppkit.keys import DEFAULT_NAME, ApiKey, KeyChain, KeyChoice, SavedKeys, SourceName, Where
from ppkit.onboarding.evidence import fingerprint
from ppkit.onboarding.progress import Facts, Progress, ProgressDamaged, ProgressTooNew
from ppkit.onboarding.steps import BY_NAME, StepName


class Linking:
    """The keys of one session, and the proofs in its progress. `on_taken_back` is told when some are gone.

    Methods raise what the chain and the stores raise, and ProgressNotWritten; the key is then in use already.
    """

    def __init__(
        self,
        chain: KeyChain,
        saved: SavedKeys,
        progress: Callable[[], Progress],
        on_taken_back: Callable[[], None] = lambda: None,
    ) -> None:
        self._chain = chain
        self._saved = saved
        self._progress = progress
        self._on_taken_back = on_taken_back

    def adopt(
        self, key: ApiKey, *, store: bool = False, name: str = DEFAULT_NAME, where: Where | None = None
    ) -> SourceName:
        """Use this key in this session from now on, and keep it if asked. Returns where it lies."""
        with self._proofs_follow():
            self._chain.type_in(key)
            return self._saved.save(key, name, where) if store else SourceName.TYPED

    def keep(self, key: ApiKey, name: str = DEFAULT_NAME, where: Where | None = None) -> SourceName:
        """Keep this key and make it the first among the saved; another place may still come before those."""
        with self._proofs_follow():
            return self._saved.save(key, name, where)

    def switch(self, name: str) -> KeyChoice:
        """Put a key of the list first: a saved name, or a source such as "environment". Raises NoSuchKey."""
        with self._proofs_follow():
            return self._chain.use(name)

    def switch_saved(self, name: str) -> SourceName:
        """Make a saved key the first among the saved, for every session to come. Raises NoSuchKey."""
        with self._proofs_follow():
            return self._saved.use(name)

    def forget(self, name: str | None = None) -> KeyChoice:
        """Drop one key of the list, or all; what is returned says what is left."""
        with self._proofs_follow():
            return self._chain.forget(name)

    def forget_saved(self, name: str | None = None) -> bool:
        """Drop one saved key, or all of them; False when there was nothing to drop."""
        with self._proofs_follow():
            return self._saved.forget(name)

    @contextmanager
    def _proofs_follow(self) -> Iterator[None]:
        """Whatever happens inside, what was proven with another key than the one then in force is gone."""
        before = self._chain.chosen().key
        try:
            yield
        finally:
            self._take_back(before, self._chain.chosen().key)

    def _take_back(self, before: ApiKey | None, now: ApiKey | None) -> None:
        if take_back(self._progress(), before, now):
            self._on_taken_back()


def take_back(progress: Progress, before: ApiKey | None, now: ApiKey | None) -> bool:
    """Forget the proofs that do not belong to the key in force now; whether there were any.

    Raises ProgressNotWritten.
    """
    try:
        if not _stale(progress.load(), before, now):
            return False
        progress.update(lambda known: known.without(_stale(known, before, now)))
    except (ProgressDamaged, ProgressTooNew):
        return False  # what cannot be read shows no proof, and is left as it is
    return True


def _stale(facts: Facts, before: ApiKey | None, now: ApiKey | None) -> list[str]:
    """The checks whose proof belongs to another key than the one in force.

    Without any, only the link of the one before is no longer true: what a key showed is its own again when it
    comes back. Of a proof that an earlier version kept, nobody knows the key: it goes when the key changes.
    """
    bound = {
        check: fact for check, fact in facts.by_check.items() if check in BY_NAME and BY_NAME[check].of_key
    }
    if now is None:
        gone = ("", fingerprint(before)) if before else ()
        return [
            check
            for check, fact in bound.items()
            if BY_NAME[check].step is StepName.LINK and fact.key in gone
        ]
    own = fingerprint(now)
    return [check for check, fact in bound.items() if (fact.key != own if fact.key else before != now)]
