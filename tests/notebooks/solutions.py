"""What a learner does in each window of the course, for the solved copies of its notebooks.

A kernel imports it: `await solve(_)` after the cell whose window `_` is.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from pydantic import SecretStr

import ppkit
from ppkit.keys import ApiKey
from ppkit.onboarding.lessons import DRILLS, ENOUGH, exercise_named
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control
from ppkit.widgets.base.window import Window

TOPIC = "Aperitivo al tramonto"
clicks: list[tuple[str, float]] = []
"""Window and action of each click, and the seconds until what it asked for was done."""

_pause: Callable[[], float] = float  # how many seconds somebody thinks before a click: none

_windows: dict[str, Window] = {}  # those of this notebook, by their template


def take_time(mean_seconds: float, seed: str) -> None:
    """Think before each click from now on, so long on average; the same seed thinks the same."""
    global _pause  # noqa: PLW0603 - a kernel is one learner
    dice = random.Random(seed)
    _pause = (lambda: dice.expovariate(1 / mean_seconds)) if mean_seconds else float


async def solve(window: Window) -> None:
    """Do what the lesson asks for in this window, as clicks."""
    _windows[window.template] = window
    solutions: dict[tuple[str, str], Callable[[], Awaitable[None]]] = {
        ("connect", "setup"): _link_a_key,
        ("create", "assistant"): _write_and_draw,
        ("create", "posts"): _plan_and_export,
        ("costs", "assistant"): _be_warned_stopped_and_go_on,
        ("mend", "exercise"): _sort_the_words,
        ("mend", "drills"): _mend_five,
        ("mend", "key_rotation"): _replace_the_key,
    }
    solution = solutions.get((window.window_group.lesson, window.template))
    if solution is not None:
        await solution()


def assert_finished() -> None:
    """Raises AssertionError, with what is still to do in the lesson of this notebook."""
    course = ppkit.session().course.map
    for window in _windows.values():
        if window.window_group.lesson:
            lesson = course.of(window.window_group.lesson)
            is_elsewhere = lesson.lesson.mode != window.session.mode  # done for real, or not at all
            assert lesson.is_finished or is_elsewhere, f"{lesson.name}: {lesson.next_check} is still to do"


async def _press(template: str, action: str, secrets: dict[str, str] | None = None, **fields: str) -> None:
    """A click, and the work it leads to. Raises AssertionError where a problem is shown."""
    if pause := _pause():
        await asyncio.sleep(pause)
    window, started = _windows[template], time.perf_counter()
    window.receive(action, fields, {name: SecretStr(value) for name, value in (secrets or {}).items()})
    while window.working:
        await asyncio.sleep(0.01)
    clicks.append((f"{template}.{action}", time.perf_counter() - started))
    assert window.problem is None, f"{action}: {window.card.what if window.card else window.problem}"


def _platform() -> Control:
    return Control(ensure_running(ppkit.session().home.parent))


async def _link_a_key() -> None:
    key = _platform().post("key", name="PostPickr-AI")["key"]
    await _press("setup", "look_again")
    await _press("setup", "declare", check="credit.payment_method")
    await _press("setup", "check", {"key": key})
    await _press("setup", "consent")
    await _press("setup", "link", store="yes")


async def _write_and_draw() -> None:
    await _press("assistant", "write", topic=TOPIC)
    await _press("assistant", "draw", topic=TOPIC)


async def _plan_and_export() -> None:
    """What was written above is a draft by now."""
    (draft,) = ppkit.session().drafts.all()
    await _press("posts", "find", words="aperitivo")
    await _press("posts", "plan", draft=str(draft.id), planned="2026-12-24T18:30")
    await _press("posts", "export", target="postpickr")
    (export,) = ppkit.session().drafts.export([draft])
    assert export.rows == 1


async def _be_warned_stopped_and_go_on() -> None:
    await _press("costs", "set_limits", soft="0.00001", hard="")
    await _press("assistant", "write", topic=TOPIC)
    assert ppkit.session().budget.status()[0].reached
    await _press("costs", "set_limits", soft="", hard="0.001")
    stopped = ""
    try:
        await _press("assistant", "draw", topic=TOPIC)
    except AssertionError as refused:
        stopped = str(refused)
    assert stopped.startswith("draw")
    await _press("costs", "set_limits", soft="", hard="10", why="Next job")
    await _press("assistant", "draw", topic=TOPIC)
    assert ppkit.session().ledger.totals().calls
    _platform().post("clock", to="next_month")
    assert not ppkit.session().ledger.totals().calls


async def _sort_the_words() -> None:
    await _press("exercise", "check", None, **exercise_named("cards").right)


async def _mend_five() -> None:
    """Two where the window is enough; of the others, the solutions."""
    await _press("drills", "open", drill="late_credit")
    await _press("drills", "check", cause="late_credit")
    await _press("drills", "wait")
    await _press("drills", "open", drill="damaged_paste")
    run = _windows["drills"].window_group.drill_run
    assert run
    await _press("drills", "check", cause="damaged_paste")
    await _press("drills", "edit", text=run.pasted.strip("“”"))
    for drill in [one for one in DRILLS if one.name not in ("late_credit", "damaged_paste")][: ENOUGH - 2]:
        await _press("drills", "open", drill=drill.name)
        await _press("drills", "solution")
    await _press("drills", "leave")


async def _replace_the_key() -> None:
    session = ppkit.session()
    session.linking.adopt_admin(ApiKey(_platform().post("admin-key")["key"]))
    old = session.linked_key
    await _press("key_rotation", "begin")
    new = _platform().post("key", name="PostPickr-AI-2", credit="0")["key"]
    await _press("key_rotation", "look_again")
    await _press("key_rotation", "swap", {"key": new}, store="yes")
    await _press("key_rotation", "price")
    await _press("key_rotation", "consent")
    listed = session.platform_account.project_keys()
    assert listed
    assert old
    row = next(key for key in listed.list() if key.name == "PostPickr-AI")
    await _press("key_rotation", "revoke", key=row.id, end=old.get_secret_value()[-4:])
    await _press("key_rotation", "ask_old")
