"""`ppkit.key()`: a way in where no window is drawn, or nothing can be pasted into one."""

from __future__ import annotations

import getpass
import warnings
from pathlib import Path

from ppkit.checkup import diagnose, explain
from ppkit.current_session import session
from ppkit.errors import PpkitError
from ppkit.keys import DEFAULT_NAME, PastedKey, SourceName, Where, parse_pasted_key
from ppkit.look.texts import Texts
from ppkit.sessions import Session
from ppkit.settings import language_in


class NoHiddenPrompt(PpkitError):
    """Nothing can be asked here without showing what is typed: no terminal, or a notebook that runs alone."""

    code = "no_hidden_prompt"


def key(
    *, store: bool = False, name: str = DEFAULT_NAME, where: Where | None = None, using: Session | None = None
) -> None:
    """Ask for a secret key without showing it, link it, and print one sentence with its last four characters.

    Works in a notebook, in a console and in a terminal; what is typed reaches neither output nor history.
    With `store` the key is kept too, in the system's keyring or an owner-only file. Problems are printed, not
    raised, and nothing is returned: a notebook shows what its last line returns.
    """
    texts = using.texts if using else Texts(language_in(Path.cwd()))
    try:
        current = using or session()
        texts = current.texts
        if current.linking.binder_rule_first:
            print(f"{texts('setup.binder.rule')}\n{texts('setup.binder.instead')}")  # noqa: T201
        print("\n".join(_told(current, store, name, where)))  # noqa: T201  (printing is what it is for)
    except PpkitError as error:
        told = explain(diagnose(error), texts)
        print(f"{told.what}\n{told.why}\n{told.now}")  # noqa: T201


def _told(current: Session, store: bool, name: str, where: Where | None) -> list[str]:
    texts = current.texts
    if store:
        current.linking.saved.where(where)  # not asked for in vain where nothing may be saved
    try:
        read = parse_pasted_key(_hidden(texts("keys.prompt")), current.mode)
    except KeyboardInterrupt:
        return [texts("keys.prompt.cancelled")]
    if read.key is None:
        return [texts(f"keys.refusal.{read.refusal}.{part}", **read.facts) for part in ("what", "why", "now")]
    source = current.link(read.key, store=store, name=name, where=where)
    return [*_notes(read, texts), _linked(source, read.key.masked, texts)]


def _hidden(prompt: str) -> str:
    """What is typed. Raises NoHiddenPrompt rather than show it."""
    try:
        with warnings.catch_warnings():
            # Where echo cannot be switched off, getpass warns and reads all the same.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except (getpass.GetPassWarning, EOFError, OSError, NotImplementedError):
        pass  # the last is what a kernel raises whose front end takes no input
    raise NoHiddenPrompt


def _notes(read: PastedKey, texts: Texts) -> list[str]:
    repairs = [texts(f"keys.repair.{repair.kind}", **repair.facts) for repair in read.repairs]
    return repairs + [texts(f"keys.remark.{remark.kind}", **remark.facts) for remark in read.remarks]


def _linked(source: SourceName, masked: str, texts: Texts) -> str:
    return texts("keys.source.in_use", masked=masked, source=texts(f"keys.source.{source}"))
