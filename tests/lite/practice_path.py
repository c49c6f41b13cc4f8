"""Runs inside a web page's Python: the Italian course from its first cell to the certificate, as clicks."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

sys.path[:0] = ["/site", "/tools", "/repo", "/repo/tests", "/repo/tests/notebooks"]
os.environ |= {"PPKIT_MODE": "practice", "PPKIT_LANGUAGE": "it"}

import openai  # noqa: E402  (only now is it found)
import solutions  # noqa: E402
from pyodide.code import eval_code_async  # noqa: E402

import ppkit  # noqa: E402
from ppkit.widgets.window import Window  # noqa: E402

PLAYED = "0[0-5]_*.ipynb"
"""The lesson for who uses Python starts programs and makes tables with pandas."""
started = time.monotonic()


async def play(notebook: Path) -> None:
    """Run each cell, and do in its window what the lesson asks for."""
    names: dict[str, object] = {}
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            shown = await eval_code_async("".join(cell["source"]), names)
            if isinstance(shown, Window):
                assert shown.problem is None, shown.card
                await solutions.solve(shown)
    print(f"{time.monotonic() - started:.1f} s: {notebook.name}")


for notebook in sorted(Path("/repo/notebooks/it").glob(PLAYED)):
    await play(notebook)  # noqa: F704, PLE1142  (as in a cell)
session = ppkit.practice()
client, asking = ppkit.OpenAI(max_retries=0), ppkit.AsyncOpenAI()
answers = await asyncio.gather(  # noqa: F704, PLE1142
    *(asking.responses.create(model="gpt-6-luna", input=word) for word in ("pane", "latte", "sale"))
)
assert all(answer.output_text for answer in answers)
stream = await asking.responses.create(model="gpt-6-luna", input="sale", stream=True)  # noqa: F704, PLE1142
assert [event.type async for event in stream][-1] == "response.completed"  # noqa: F704, PLE1142

control = solutions._platform()
control.post("faults", name="no_answer", on=True)
waited = time.monotonic()
try:
    client.responses.create(model="gpt-6-luna", input="Ciao")
except openai.APITimeoutError:
    print(f"{time.monotonic() - waited:.1f} s: no answer in time")
control.post("faults", name="no_answer", on=False)

page = ppkit.course()
page.receive("certificate", {"name": "Anna Bianchi", "form": "html"}, {})
assert page.problem is None, page.card
print(f"{time.monotonic() - started:.1f} s: {session.course.map.finished} lessons, {session.course.code}")
assert session.ledger.audit() == []
