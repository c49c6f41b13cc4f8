"""`ppkit watch`: what is spent, as it happens, in a terminal; elsewhere line by line."""

from __future__ import annotations

import contextlib
import json
import sys

import click

from ppkit.cli.command import Command, json_option, one_of
from ppkit.cli.output import print_json
from ppkit.clock import SystemClock
from ppkit.current_session import enter, session
from ppkit.extras import require
from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.sessions import Session
from ppkit.watching import LAST_CALLS, LedgerSnapshot, call_line, follow, snapshot_of, snapshot_text

MOST_LINES = 200
"""How many calls have a line at most, where more end between two looks; the sums have them all."""


@click.command("watch", cls=Command, help="cli.help.watch")
@click.option("--once", is_flag=True, help="cli.watch.option.once")
@click.option("--mode", type=one_of("practice", "live"), help="cli.run.option.mode")
@json_option()
@click.pass_obj
def command(texts: Texts, once: bool, mode: Mode | None, as_json: bool) -> None:
    current = enter(mode) if mode else session()
    if once:
        current.ledger.expire()
        snapshot = snapshot_of(current)
        if as_json:
            print_json(snapshot.as_json())
        else:
            click.echo(snapshot_text(snapshot, texts))
        return
    with contextlib.suppress(KeyboardInterrupt):  # as good a way to leave as any other
        if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            calls = LAST_CALLS if as_json else MOST_LINES
            follow(current, Lines(texts, as_json=as_json).show, _waited, last_calls=calls)
        else:
            _on_a_screen(current, texts)


def _waited(seconds: float) -> bool:
    SystemClock().sleep(seconds)
    return True


def _on_a_screen(current: Session, texts: Texts) -> None:
    require("watch", "rich")
    from ppkit.watching.pressed_keys import pressed_keys  # lazy, as the screen is: it needs the extra
    from ppkit.watching.watch_screen import watch_screen

    with pressed_keys() as keys, watch_screen(texts) as screen:
        follow(current, screen.show, keys.goes_on)


class Lines:
    """Writes a line for each call that has ended since the last look, or a document for each change."""

    def __init__(self, texts: Texts, *, as_json: bool) -> None:
        self._texts = texts
        self._as_json = as_json
        self._ended: set[str] | None = None

    def show(self, snapshot: LedgerSnapshot) -> None:
        if self._as_json:
            click.echo(json.dumps(snapshot.as_json(), ensure_ascii=False))
        elif self._ended is None:
            click.echo(snapshot_text(snapshot, self._texts))
        calls = [call for call in snapshot.latest if call.state != "reserved"]
        new = [call for call in calls if self._ended is not None and call.call.id not in self._ended]
        if not self._as_json:
            for call in reversed(new):
                click.echo(call_line(call, snapshot, self._texts))
        self._ended = {call.call.id for call in calls}
        sys.stdout.flush()  # whoever reads a pipe wants it now
