"""docs/frameworks.md keeps its word: its blocks run with the real packages against the practice platform."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ppkit.clock import SystemClock
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control
from ppkit.start.shared_platform import end_practice

from .environments import ROOT, UV, python_with, run
from .page import Block, blocks

pytestmark = pytest.mark.frameworks

TOGETHER = "requirements/frameworks.txt"
RUN_CLAIM = "run"  # a program, and no cell
PINS = {
    "LlamaIndex": "requirements/frameworks-llamaindex.txt",
    "LiteLLM": TOGETHER,
    "OpenAI Agents": TOGETHER,
    "LangChain": TOGETHER,
    "Pydantic AI": TOGETHER,
    "llm": TOGETHER,
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a block did: calls and cost in the ledger, cost on the bill (pico-dollars), and the rest."""

    block: Block
    calls: int
    cost: int
    billed: int
    warnings: list[str]
    elsewhere: list[str]
    error: str


@contextmanager
def person(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a program that has ppkit, from this checkout, and a linked key with credit."""
    home = folder / "ppkit"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PPKIT_", "OPENAI_", "LLM_", "LITELLM_", "PYTHONDONTWRITE"))
        and not name.lower().endswith("_proxy")
    }
    try:
        made = Control(ensure_running(home)).post("key", name="any", credit="100", permissions="all")
        own = {"PPKIT_HOME": str(home), "OPENAI_API_KEY": str(made["key"]), "PYTHONPATH": str(ROOT)}
        yield {**kept, **own, "HOME": str(folder)}
    finally:
        end_practice(home, SystemClock())


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with person(tmp_path_factory.mktemp("person")) as found:
        yield found


@dataclass(frozen=True, slots=True)
class Metered:
    """A program of the page, run by `ppkit run`: its receipt, what the platform has billed, what it wrote."""

    receipt: dict[str, Any]
    billed: int
    error: str


@pytest.fixture(scope="module")
def everything_ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[Ran], Metered]]:
    """What each section's blocks and its program did: two sections at a time, each with its own platform."""
    pythons = {section: python_with(pins) for section, pins in PINS.items()}
    folders = {section: tmp_path_factory.mktemp("person") for section in PINS}

    def section_ran(section: str) -> tuple[list[Ran], Metered]:
        with person(folders[section]) as variables:
            ran = run_blocks(blocks_of(section), pythons[section], variables)
            (program,) = (each for each in blocks() if each.section == section and RUN_CLAIM in each.claims)
            return ran, run_as_it_is(program.code, pythons[section], variables)

    with ThreadPoolExecutor(2) as workers:
        return dict(zip(PINS, workers.map(section_ran, PINS), strict=True))


@pytest.fixture(params=list(PINS))
def both(
    request: pytest.FixtureRequest, everything_ran: dict[str, tuple[list[Ran], Metered]]
) -> tuple[list[Ran], Metered]:
    """What the blocks and the program of one framework's section did."""
    return everything_ran[request.param]


@pytest.fixture
def ran(both: tuple[list[Ran], Metered]) -> list[Ran]:
    return both[0]


def blocks_of(section: str) -> list[Block]:
    """Those that begin the page, and the section's own, without its program."""
    cells = [block for block in blocks() if RUN_CLAIM not in block.claims]
    before = [block for block in cells if block.section not in PINS]
    return [*before, *(block for block in cells if block.section == section)]


def run_as_it_is(code: str, python: Path, variables: dict[str, str]) -> Metered:
    """Run a program with `ppkit run`, under a limit that it does not reach."""
    home = Path(variables["PPKIT_HOME"])
    script = Path(variables["HOME"], "program.py")
    script.write_text(code, encoding="utf-8")
    before = billed_at(home)
    command = [str(python), "-m", "ppkit", "run", "--hard", "1", "--json", "--mode", "practice", str(script)]
    done = subprocess.run(
        command, env=variables, cwd=variables["HOME"], capture_output=True, text=True, check=False
    )
    *said, receipt = done.stderr.splitlines() or [""]
    assert done.returncode == 0, done.stderr
    return Metered(json.loads(receipt), billed_at(home) - before, "\n".join(said))


def billed_at(home: Path) -> int:
    return int(Control(ensure_running(home)).get("state")["billed_pico_usd"])


def run_blocks(chosen: list[Block], python: Path, variables: dict[str, str]) -> list[Ran]:
    done = subprocess.run(
        [str(python), str(Path(__file__).with_name("run_blocks.py"))],
        input=json.dumps([block.code for block in chosen]),
        env=variables,
        cwd=variables["HOME"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    return [Ran(block, **outcome) for block, outcome in zip(chosen, outcomes, strict=True)]


def claiming(ran: list[Ran], claim: str) -> list[Ran]:
    return [each for each in ran if claim in each.block.claims]


def test_what_the_page_shows_as_metered_runs_and_is_booked_at_what_the_platform_bills(ran: list[Ran]) -> None:
    metered = [each for each in ran if not each.block.claims]
    assert [each.error for each in metered if each.error] == []
    assert [each for each in metered if each.cost != each.billed] == []
    assert [each.warnings for each in metered if each.warnings] == []
    assert sum(each.calls for each in metered if each.block.section in PINS) >= 2


def test_what_the_page_calls_not_metered_is_billed_and_not_booked(ran: list[Ran]) -> None:
    for each in claiming(ran, "unmetered"):
        assert each.error == "", each
        assert (each.calls, each.cost) == (0, 0), each
        assert each.billed > 0, each


def test_a_way_that_is_noticed_is_told_once_and_one_that_is_not_stays_silent(ran: list[Ran]) -> None:
    assert [len(each.warnings) for each in claiming(ran, "warned")] == [1] * len(claiming(ran, "warned"))
    assert [each.warnings for each in claiming(ran, "silent") if each.warnings] == []


def test_a_program_is_metered_as_it_is_to_the_last_pico_dollar(both: tuple[list[Ran], Metered]) -> None:
    metered = both[1]
    assert metered.receipt["cost_pico_usd"] == metered.billed > 0, metered
    assert metered.receipt["uncertain_pico_usd"] == metered.receipt["stopped"] == 0, metered
    assert metered.receipt["calls"] >= 1
    (limit,) = metered.receipt["limits"]
    assert limit["counted_pico_usd"] == metered.billed
    assert "UnmeteredWarning" not in metered.error


def test_where_the_warning_is_an_error_nothing_is_sent(ran: list[Ran]) -> None:
    (stopped,) = claiming(ran, "stopped")
    assert stopped.error
    assert (stopped.calls, stopped.billed) == (0, 0)


def test_what_fails_on_the_practice_platform_says_so(ran: list[Ran]) -> None:
    assert [each for each in claiming(ran, "fails") if not each.error or each.billed] == []


def test_nothing_leaves_this_machine(ran: list[Ran]) -> None:
    assert {address for each in ran for address in each.elsewhere} == set()


def test_every_block_of_the_page_is_run() -> None:
    known = {"unmetered", "warned", "silent", "stopped", "fails", RUN_CLAIM}
    assert {claim for block in blocks() for claim in block.claims} <= known
    of_frameworks = {block.section for block in blocks()} - {"ppkit among other people's code"}
    assert set(PINS) <= of_frameworks
    for block in blocks():
        compile(block.code, "page", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


TRACED = """
import ppkit
from agents import Agent, Runner, set_default_openai_client, set_tracing_disabled
from agents.tracing import get_trace_provider

set_default_openai_client(ppkit.AsyncOpenAI())  # and so its key is the key of the traces
"""
RUN = """
await Runner.run(Agent(name="Redazione", model="gpt-6-luna"), "Un saluto ai nostri lettori")
get_trace_provider().force_flush()
"""


@pytest.mark.parametrize("already_run", [False, True])
def test_no_trace_of_an_agent_leaves_practice(already_run: bool, variables: dict[str, str]) -> None:
    before = "import os; os.environ.pop('OPENAI_AGENTS_DISABLE_TRACING', None)\n"
    # One that ran before has read the environment, and would not look at it again.
    before += f"{TRACED}\nget_trace_provider().create_trace('earlier')" if already_run else ""
    cells = [before, "import ppkit; ppkit.practice()", TRACED, RUN]
    outcomes = run_cells(cells, variables)
    assert [each.error for each in outcomes if each.error] == []
    assert {address for each in outcomes for address in each.elsewhere} == set()
    assert sum(each.calls for each in outcomes) == 1


def test_a_trace_that_is_asked_for_would_be_seen_here(variables: dict[str, str]) -> None:
    (_, ran) = run_cells([TRACED, "set_tracing_disabled(False)" + RUN], variables)
    assert set(ran.elsewhere) == {"api.openai.com"}


def run_cells(cells: list[str], variables: dict[str, str]) -> list[Ran]:
    unclaimed: frozenset[str] = frozenset()
    return run_blocks([Block("", unclaimed, cell) for cell in cells], python_with(TOGETHER), variables)


def test_the_packages_of_the_one_environment_fit_each_other() -> None:
    run([str(UV), "pip", "check", "--python", str(python_with(TOGETHER))])


@pytest.mark.parametrize(
    ("package", "reason"),
    [("instructor==1.17.0", "jiter"), ("llama-index-llms-openai==0.8.3", "openai>=1.108.1,<3")],
)
def test_what_the_page_says_cannot_be_installed_cannot(package: str, reason: str, tmp_path: Path) -> None:
    asked = tmp_path / "asked.in"
    asked.write_text(f"{package}\nopenai>=3.50,<4\n")
    with pytest.raises(AssertionError, match="No solution found") as refused:
        run([str(UV), "pip", "compile", "--quiet", str(asked)])
    assert reason in str(refused.value)
