"""Runs inside a web page's Python: the Italian course from its first cell to the certificate, as clicks."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path[:0] = ["/site", "/tools", "/repo", "/repo/tests"]
os.environ |= {"PPKIT_MODE": "practice", "PPKIT_LANGUAGE": "it"}

import openai  # noqa: E402  (only now is it found)
from pyodide.code import eval_code_async  # type: ignore[import-not-found]  # noqa: E402

import ppkit  # noqa: E402
from notebooks import solutions  # noqa: E402
from ppkit.widgets.base.window import Window  # noqa: E402
from ppkit.widgets.cells.own_code import shown_by_own_code  # noqa: E402

PLAYED = "0[0-6]_*.ipynb"
LEFT_OUT = ("%%", "!")
"""Cells that start a program, or meter a client of somebody else's, which finds no way to the platform."""
MODEL = "gpt-6-luna"
package: Any = ppkit


async def main() -> None:
    started = time.monotonic()
    for notebook in sorted(Path("/repo/notebooks/it").glob(PLAYED)):
        await play(notebook)
        print(f"{time.monotonic() - started:.1f} s: {notebook.name}")
    await await_calls()
    meet_a_fault()
    page = package.course()
    page.receive("certificate", {"name": "Anna Bianchi", "form": "html"}, {})
    assert page.problem is None, page.card
    assert ppkit.session().ledger.audit() == []
    print(f"{time.monotonic() - started:.1f} s: certificate, {ppkit.session().course.code}")


async def play(notebook: Path) -> None:
    """Run each cell, and do in its window what the lesson asks for."""
    names: dict[str, object] = {}
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        code = "".join(cell["source"])
        if cell["cell_type"] != "code" or code.startswith(LEFT_OUT):
            continue
        shown = await eval_code_async(code, names)
        if isinstance(shown, Window):
            assert shown.problem is None, shown.card
            await solutions.solve(shown)
        for check in shown_by_own_code(ppkit.session(), shown):  # as IPython tells it after each cell
            ppkit.session().course.record(check)


async def await_calls() -> None:
    asking = package.AsyncOpenAI()
    made = (asking.responses.create(model=MODEL, input=word) for word in ("pane", "latte", "sale"))
    assert all(answer.output_text for answer in await asyncio.gather(*made))
    stream = await asking.responses.create(model=MODEL, input="sale", stream=True)
    assert [event.type async for event in stream][-1] == "response.completed"


def meet_a_fault() -> None:
    """An answer that never comes, and a page that does not hang."""
    control = solutions._platform()
    control.post("faults", name="no_answer", on=True)
    begun = time.monotonic()
    try:
        package.OpenAI(max_retries=0).responses.create(model=MODEL, input="Ciao")
    except openai.APITimeoutError:
        assert time.monotonic() - begun < 10
    else:
        raise AssertionError("an answer came")
    finally:
        control.post("faults", name="no_answer", on=False)
