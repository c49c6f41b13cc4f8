"""`%%ppkit` meters a cell as it stands, and shows its receipt below it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from metering.fake_platform import FakePlatform
from runs.conftest import ASK, platform, session

import ppkit
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.look.texts import Texts
from ppkit.runs import MeteredRun
from ppkit.sessions import Session
from ppkit.spending.ledger import NotADay
from ppkit.widgets.cells import cell_magic
from ppkit.widgets.cells.cell_magic import first_line_begins_run, register_cell_magic
from ppkit.widgets.cells.no_programs import say_that_none_starts
from ppkit.widgets.cells.receipt_view import ReceiptView

__all__ = ["platform", "session"]  # fixtures of another room

CALL = f"import openai\nanswer = openai.OpenAI(max_retries=0).responses.create(**{ASK!r}).output_text\n"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[ReceiptView]:
    found: list[ReceiptView] = []
    monkeypatch.setattr(cell_magic, "display", found.append)
    return found


@pytest.fixture
def shell(
    session: Session, platform: FakePlatform, shown: list[ReceiptView], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """An IPython of the test's own, in which the session is the one in force."""
    monkeypatch.setattr("ppkit.current_session.session", lambda: session)
    monkeypatch.setenv("PPKIT_LANGUAGE", "en")
    monkeypatch.setattr(HistoryManager, "enabled", False)  # its thread and its file are not of interest here
    made = InteractiveShell()  # type: ignore[no-untyped-call]
    register_cell_magic(made)
    register_cell_magic(made)
    yield made
    InteractiveShell.clear_instance()


def run(shell: Any, cell: str) -> Any:
    return shell.run_cell(cell, store_history=False)


def test_a_cell_is_metered_and_its_receipt_shown_once(
    shell: Any, session: Session, shown: list[ReceiptView]
) -> None:
    assert run(shell, "%%ppkit --hard 0.01 --tag lesson=6\n" + CALL + "answer").success
    (receipt,) = shown
    assert "cell 1: 1 call, $0.0" in repr(receipt)
    assert "this run" in repr(receipt)
    assert "gpt-6-luna" in receipt.html
    assert session.ledger.report(by="tag:lesson").rows[0]["tag:lesson"] == "6"


def test_a_client_made_in_an_earlier_cell_is_metered_in_it_and_only_in_it(
    shell: Any, session: Session, shown: list[ReceiptView]
) -> None:
    run(shell, "import openai, os")
    run(shell, "client = openai.OpenAI(api_key='sk-practice-x', base_url='http://127.0.0.1:1/v1')")
    run(shell, f"%%ppkit\nclient.responses.create(**{ASK!r})")
    with pytest.warns(ppkit.UnmeteredWarning):
        run(shell, f"client.responses.create(**{ASK!r})")
    assert session.ledger.totals().calls == 1
    assert len(shown) == 1


def test_a_cell_that_starts_a_program_says_a_sentence_where_no_other_process_can_be(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    own = shell.system
    say_that_none_starts(shell)
    assert shell.system == own  # a computer's stays as it is
    with standing_on(WEB_PAGE):
        say_that_none_starts(shell)
    assert run(shell, '%%ppkit\n!"python" -m ppkit run x.py').success
    assert run(shell, "lines = !ls").success
    assert shell.user_ns["lines"] == []
    assert capsys.readouterr().out.splitlines() == [Texts("en")("runs.no_programs")] * 2


def test_the_last_value_and_other_magics_are_what_they_are_without_it(shell: Any) -> None:
    assert run(shell, "%%ppkit\n%alias_magic seconds timeit\n41 + 1").result == 42
    assert run(shell, "%%ppkit\n%%capture said\nprint('caught')").success
    assert shell.user_ns["said"].stdout == "caught\n"


def test_a_cell_that_awaits_is_metered_to_its_end(
    shell: Any, session: Session, shown: list[ReceiptView], platform: FakePlatform, monkeypatch: Any
) -> None:
    import httpx2

    mock = httpx2.MockTransport(platform)
    monkeypatch.setattr(
        httpx2.AsyncHTTPTransport,
        "handle_async_request",
        lambda _self, request: mock.handle_async_request(request),
    )
    cell = (
        "%%ppkit\nimport asyncio, openai\n"
        f"calls = (openai.AsyncOpenAI().responses.create(**{ASK!r}) for _ in range(3))\n"
        "len(await asyncio.gather(*calls))"
    )

    async def as_a_kernel_does() -> Any:
        transformed = shell.transform_cell(cell)
        assert shell.should_run_async(cell, transformed_cell=transformed)
        shell.events.trigger("pre_execute")
        try:
            return await shell.run_cell_async(cell, store_history=True, transformed_cell=transformed)
        finally:
            shell.events.trigger("post_execute")

    assert asyncio.run(as_a_kernel_does()).result == 3
    assert session.ledger.totals().calls == 3
    assert ["cell 1: 3 calls" in repr(receipt) for receipt in shown] == [True]


def test_a_cell_that_is_stopped_by_its_limit_raises_and_shows_what_it_spent(
    shell: Any, shown: list[ReceiptView], platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "showtraceback", lambda *_, **__: None)
    ended = run(shell, "%%ppkit --hard 0.00005\nimport openai\nwhile True:\n    " + CALL.splitlines()[1])
    assert isinstance(ended.error_in_exec, ppkit.HardLimitReached)
    assert 0 < len(platform.requests) < 100
    assert Texts("en").plural("runs.stopped", 1) in repr(shown[0])


def test_a_cell_in_a_cell_does_not_end_the_run(shell: Any, shown: list[ReceiptView]) -> None:
    run(shell, "%%ppkit\nget_ipython().run_cell('1 + 1')\n" + CALL)
    assert ["1 call," in repr(receipt) for receipt in shown] == [True]


def test_what_follows_in_the_middle_of_a_cell_is_metered_too(shell: Any, shown: list[ReceiptView]) -> None:
    run(shell, "1 + 1\n%ppkit\n" + CALL)
    assert ["1 call," in repr(receipt) for receipt in shown] == [True]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--hardest 1", "“--hardest”"),
        ("--hard", "“--hard”"),
        ("--tag 'a", "“--tag 'a”"),
        ("--hard free", "“free”"),
        ("lesson-6", "“lesson-6”"),
    ],
)
def test_a_line_that_is_not_clear_runs_nothing_and_is_told_in_a_sentence(
    line: str, told: str, shell: Any, shown: list[ReceiptView], capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, f"%%ppkit {line}\nran = True")
    said = capsys.readouterr()
    assert told in said.out + said.err
    assert "Traceback" not in said.out + said.err
    assert "ran" not in shell.user_ns
    assert shown == []


def test_a_key_in_the_line_is_refused_and_not_repeated(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "sk-practice-" + "Ab3" * 16
    run(shell, f"%%ppkit --tag {key}\nran = True")
    said = capsys.readouterr()
    assert "ran" not in shell.user_ns
    assert key[12:] not in said.out + said.err


def test_other_cells_are_left_alone() -> None:
    for cell in ([], ["\n"], ["%%ppkitten\n", "1\n"], ["%%time\n", "1\n"], ["# %%ppkit\n"]):
        assert first_line_begins_run(list(cell)) == cell
    assert first_line_begins_run(["%%ppkit\n", "1\n"]) == ["%ppkit\n", "1\n"]


def test_the_package_itself_is_the_extension() -> None:
    from ppkit.widgets.cells import ipython_extension

    assert ppkit.load_ipython_extension is ipython_extension.load_ipython_extension


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_receipt_has_its_cost_as_second_column(
    language: str, session: Session, platform: FakePlatform
) -> None:
    from runs.conftest import ask
    from runs.test_metered_run import ran

    view = ReceiptView(ran(session, ask), Texts(language))
    texts = Texts(language)
    assert view.html.index(texts("runs.column.cost")) < view.html.index(texts("runs.column.calls"))


def test_a_run_whose_end_cannot_be_booked_is_told_in_a_sentence(
    shell: Any, shown: list[ReceiptView], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_run: MeteredRun) -> None:
        raise NotADay(value="x")

    monkeypatch.setattr(MeteredRun, "end", broken)
    run(shell, "%%ppkit\n1")
    told = capsys.readouterr()
    assert Texts("en")("error.not_a_day.what", value="x") in told.err
    assert "Traceback" not in told.err + told.out
    assert shown == []
