"""A run: a stretch of this process's life in which whatever the `openai` package sends is metered.

`ppkit run` makes a whole program one, `%%ppkit` a cell of a notebook.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from ppkit.keys import ApiKey
from ppkit.keys.key_refusal import refuse_keys
from ppkit.linking import KEY_VARIABLE
from ppkit.runs.program_environment import ChangedEnvironment, ForProgram, environment_for
from ppkit.runs.run_receipt import RunReceipt, receipt_of
from ppkit.runs.runs_in_force import RUN, run_in_force
from ppkit.sessions import Session
from ppkit.spending.budget import LimitAmount
from ppkit.spending.ledger.scopes import check_tag

LONGEST_NAME = 80
LABEL = "label"
"""The name of a tag that was given as a value alone."""


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What a run may spend (USD; None: no limit of its own), and the tags of its calls."""

    soft: LimitAmount = None
    hard: LimitAmount = None
    tags: Mapping[str, str] = field(default_factory=dict)
    allow_unpriced: bool = False


def tags_in(texts: tuple[str, ...]) -> dict[str, str]:
    """Tags as they are typed: "client=a", or "a" alone for "label=a". Raises InvalidTag, KeyInText."""
    pairs = [text.partition("=") if "=" in text else (LABEL, "=", text) for text in texts]
    tags = {name.strip(): value.strip() for name, _, value in pairs}
    for name, value in tags.items():
        check_tag(name, value)
    return tags


class MeteredRun:
    """From `start` to `end`, in all threads and in processes forked meanwhile.

    Clients that were made before are metered too, and those of ppkit count into the run as well. The limits
    belong to the run alone and come on top of all others. They are kept in the ledger under the run's tag, so
    they hold as exactly as every other, and are cleared at the end. A run inside another one, or beside it,
    counts against the limits of both.
    """

    def __init__(self, session: Session, program: str, terms: RunTerms) -> None:
        """`program` is how the run is called in reports. Raises KeyInText."""
        refuse_keys("run", program)
        self._session = session
        self._terms = terms
        self.program = _printable(program)[:LONGEST_NAME] or RUN
        started = session.clock.now()
        self._since = started.date()
        self.name = f"{self.program} {started:%Y-%m-%dT%H:%M:%S}Z {secrets.token_hex(2)}"
        self._stack = ExitStack()
        self._process = os.getpid()

    @property
    def is_here(self) -> bool:
        """Whether this is the process that started it, and no fork of that."""
        return os.getpid() == self._process

    def start(self) -> None:
        """Raises InvalidLimit, NoUsableKey (in practice mode), AddressElsewhere, and what the ledger and the
        SDK raise.
        """
        from ppkit.metering.sdk import import_with_sdk  # lazy, as the SDK is

        plain_clients = import_with_sdk("ppkit.metering.plain_clients")
        meter = self._session.meter
        with ExitStack() as stack:
            self._entry = stack.enter_context(
                run_in_force(
                    meter,
                    self.name,
                    self._terms.tags,
                    _surroundings(environment_for(self._session)),
                    allow_unpriced=self._terms.allow_unpriced,
                )
            )
            if self._has_limits:
                self._set_limits(self._terms.soft, self._terms.hard)
                stack.callback(self._set_limits, None, None)
            self._stops_before = meter.stop_count
            connection = self._session.connection
            carriers = {
                **connection.new_carrier(),
                **{f"async_{name}": carrier for name, carrier in connection.new_async_carrier().items()},
            }
            stack.enter_context(plain_clients.plain_clients_metered(meter, **carriers))
            self._stack = stack.pop_all()

    def end(self) -> RunReceipt:
        """Leave everything as it was found, and tell what was spent. What is still under way is told of."""
        meter = self._session.meter
        try:
            meter.flush()  # streams that nobody read to their end
            stopped = meter.stop_count - self._stops_before
            tags = {**self._terms.tags, **meter.run_tag}
            return receipt_of(
                self._session, self.program, self._entry, tags, since=self._since, stopped=stopped
            )
        finally:
            self._stack.close()

    @property
    def _has_limits(self) -> bool:
        return self._terms.soft is not None or self._terms.hard is not None

    def _set_limits(self, soft: LimitAmount, hard: LimitAmount) -> None:
        tag, why = f"{self._entry.tag}={self.name}", f"ppkit run {self.program}"
        self._session.budget.set(soft, hard, tag=tag, period="total", why=why)


@contextmanager
def _surroundings(found: ForProgram) -> Iterator[None]:
    """The environment changed, and the key that it lends kept from every other address."""
    from ppkit.metering.lent_key import key_lent  # lazy, as the SDK is

    environment = ChangedEnvironment(os.environ, found.changes)
    with ExitStack() as stack:
        stack.callback(environment.restore)
        if found.lent_for is not None:
            stack.enter_context(key_lent(ApiKey(found.changes[KEY_VARIABLE] or ""), found.lent_for))
        yield


def _printable(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).strip()
