"""The walk of a prompt in docs/architecture.md: by rooms from the Assistant on, by modules from the client.

`write` draws it from calls that are really made, on a wire in memory; `check` compares, and refuses a detour.
An arrow is an entry: a function of one module that runs while the innermost other function of ours is another
module's. Left out are the ground floor, which every room may use, what Python writes itself (the making of
plain values), and what happens once and is remembered: the call that is drawn is its client's third.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import httpx2
from drawing import floors, mermaid, run

from ppkit.ai_assistant import Brief
from ppkit.clock import ManualClock
from ppkit.metering import Meter, OpenAI
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import open_ledger
from ppkit.spending.prices import PriceCatalogue

MODEL = "gpt-4o-mini"
KEY = "sk-proj-" + "a1B2" * 16  # nobody's
ADDRESS = "http://wire.example/v1"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HALVES = {"there": "There: until the request leaves.", "back": "Back: once the answer comes."}
CALLER = "caller"
GROUND = frozenset(floors()[-1])

MORE_THAN_ONCE = {
    ("back", "spending.ledger.transaction"): "the reservation is taken out, then its ending is written",
    (
        "back",
        "spending.ledger.timestamps",
    ): "the moment of the answer is written down; an entry keeps it, and the reservation's, as numbers",
    ("back", "metering.transport"): "the SDK reads the answer and closes it",
    ("back", "metering.answer_readers"): "its kind is looked at, each piece passes, then it is complete",
}
"""Modules that are entered several times in one half, each for a reason; all others are entered once."""

Arrow = tuple[str, str, str]
"""The half ("there" or "back"), the module that calls, the one that is entered."""


THE_KEYS = "linking", "keys.keychain"
"""Entered once in each half of a post: who pays, with whose client; then, whether it is still linked."""


class Walk:
    """Counts entries while functions run. The wire turns it round."""

    def __init__(self) -> None:
        self.half = "there"
        self.entries: Counter[Arrow] = Counter()
        self._known: set[FrameType] = set()  # a generator that goes on is not entered again

    @contextmanager
    def watched(self) -> Iterator[None]:
        sys.setprofile(self._seen)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _seen(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or frame in self._known:
            return
        module = module_of(frame)
        if module is None:
            return
        self._known.add(frame)
        caller = frame.f_back
        while caller is not None and module_of(caller) is None:
            caller = caller.f_back
        before = None if caller is None else module_of(caller)
        if before != module:
            self.entries[self.half, before or "", module] += 1


def module_of(frame: FrameType) -> str | None:
    """The module whose own code runs in a frame, without the package's name; None for all others."""
    package, _, module = str(frame.f_globals.get("__name__", "")).partition(".")
    if package != "ppkit" or module.partition(".")[0] in GROUND or _is_generated(frame.f_code):
        return None
    return module


def _is_generated(code: CodeType) -> bool:
    """Whether nobody wrote it: such as what makes a dataclass's object."""
    return code.co_filename.startswith("<")


def walked() -> Walk:
    """The walk of one prompt, with limits set, in live mode, on a ledger of its own."""
    walk = Walk()

    clock = ManualClock(NOON)
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{folder}/ledger.sqlite3", clock, mode="live")
        Budget(ledger).set(soft="5", hard="10")
        client = OpenAI(
            meter=Meter(ledger, PriceCatalogue(), clock, mode="live"),
            api_key=KEY,
            base_url=ADDRESS,
            http_client=_wire(walk),
            max_retries=0,
        )

        def prompt() -> Any:
            return client.responses.create(model=MODEL, input="Ciao", max_output_tokens=100)

        prompt()
        prompt()
        walk.half = "there"
        with walk.watched():
            prompt()
        if ledger.totals().calls != 3:
            raise AssertionError("the prompt was not booked")
        ledger.close()
    return walk


def approach() -> Walk:
    """The walk of one post, from the Assistant on, with a linked key in live mode."""
    walk = Walk()
    with tempfile.TemporaryDirectory() as folder:
        session = Session(
            Settings(home=Path(folder), language="en", mode="live", base_url=ADDRESS),
            ManualClock(NOON),
            {"OPENAI_API_KEY": KEY},
            http_client=_wire(walk),
        )
        brief = Brief(topic="Ciao", model=MODEL)
        for _ in range(2):
            session.assistant.write_post(brief)
        walk.half = "there"
        with walk.watched():
            session.assistant.write_post(brief)
        session.ledger.close()
    return walk


def _rooms() -> str:
    """That walk as a flowchart, room by room. Raises ValueError when a half looks at the keys again."""
    entries = approach().entries
    looks = {half: entries[half, *THE_KEYS] for half in HALVES}
    if any(number != 1 for number in looks.values()):
        raise ValueError(f"a post looks at the keys {looks}")
    arrows = [(before.partition(".")[0], to.partition(".")[0]) for _half, before, to in entries if before]
    return mermaid(["flowchart LR", *_lines({arrow: 1 for arrow in arrows if arrow[0] != arrow[1]})])


def _wire(walk: Walk) -> httpx2.Client:
    """A platform in memory; what comes after its answer is the way back."""

    def answer(_request: httpx2.Request) -> httpx2.Response:
        walk.half = "back"
        return httpx2.Response(200, headers={"content-type": "application/json"}, stream=_Body())

    return httpx2.Client(transport=httpx2.MockTransport(answer))


class _Body(httpx2.SyncByteStream):
    """An answer that comes over a wire, not one that is in memory."""

    def __iter__(self) -> Iterator[bytes]:
        text = {"type": "output_text", "text": "Ciao!", "annotations": []}
        item = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
        usage = {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}
        details = {
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }
        answer = {"id": "r", "object": "response", "model": MODEL, "status": "completed", "output": [item]}
        yield json.dumps({**answer, "usage": {**usage, **details}}).encode()


def detours(walk: Walk) -> list[str]:
    """Modules that are entered more than once in one half, without a reason; and idle reasons."""
    times: Counter[tuple[str, str]] = Counter()
    for (half, _, module), number in walk.entries.items():
        times[half, module] += number
    more = {entered for entered, number in times.items() if number > 1}
    return sorted(f"{module} ({half})" for half, module in more ^ MORE_THAN_ONCE.keys())


def picture() -> str:
    """Both halves as Mermaid flowcharts, and how many modules there are. Raises ValueError for a detour."""
    walk = walked()
    if found := detours(walk):
        raise ValueError(f"entered more than once, or only once though listed: {', '.join(found)}")
    counts = {half: len({to for where, _, to in walk.entries if where == half}) for half in HALVES}
    parts = [
        "From the Assistant on, room by room:\n\n",
        _rooms(),
        "\nFrom the metered client on, module by module: ",
        f"{len({to for _, _, to in walk.entries})} modules: "
        + " and ".join(f"{number} {half}" for half, number in counts.items())
        + ".\n",
    ]
    for half, title in HALVES.items():
        arrows = {
            (before, to): number for (where, before, to), number in walk.entries.items() if where == half
        }
        parts += [f"\n{title}\n\n", mermaid(["flowchart LR", *_lines(arrows)])]
    return "".join(parts)


def _lines(arrows: Mapping[tuple[str, str], int]) -> list[str]:
    """The arrows in the order of the walk; a module's whole name stands where it is first met."""
    named: set[str] = set()

    def node(module: str) -> str:
        short = module.rpartition(".")[2] or CALLER
        label = "" if module in named else f"[{module}]" if module else "([the SDK])"
        named.add(module)
        return short + label

    return [
        f"  {node(before)} -->{f'|{number} times| ' if number > 1 else ' '}{node(to)}"
        for (before, to), number in arrows.items()
    ]


if __name__ == "__main__":
    sys.exit(run(sys.argv[1] if len(sys.argv) > 1 else "check", picture, Path(__file__).name))
