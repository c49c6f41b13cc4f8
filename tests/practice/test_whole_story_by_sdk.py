"""The page docs/whole_story.md does what it says: the SDK alone lives through everything."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ppkit.clock import next_month
from ppkit.lock import FileLock
from ppkit.practice_platform.process import find_running

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.processes,
    pytest.mark.smoke,
]

PAGE = Path(__file__).parents[2] / "docs" / "whole_story.md"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder and no settings of OpenAI's; its practice process is ended afterwards."""
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "PPKIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    if address := find_running(tmp_path):
        os.kill(address.pid, signal.SIGTERM)
        with FileLock(tmp_path / "practice" / "server.lock") as ended:
            assert ended.wait(60)


def test_the_script_of_the_page_lives_through_it_all(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [script] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    told: dict[str, Any] = {"__name__": "story"}
    exec(compile(script, str(PAGE), "exec"), told)
    assert told["pictures"] == 9  # 0.59 cents each: the ninth passes 5 cents
    mails = told["mails"]
    assert [mail["kind"] for mail in mails] == ["limit_reached", "spend_alert", "welcome"]
    assert mails[1]["recipients"] == ["anna@example.com"]
    assert mails[1]["facts"]["threshold_pico_usd"] == 2 * 10**10
    assert told["before"] < told["now"]
    assert told["now"].replace(tzinfo=UTC) >= next_month(told["before"])
    assert "gelato" in told["text"]
    lines = [(bucket.start_time, line) for bucket in told["costs"].data for line in bucket.results]
    assert {line.line_item for _start, line in lines} == {
        "gpt-image-2, input_tokens",
        "gpt-image-2, image_output_tokens",
        "gpt-6-luna, input_tokens",
        "gpt-6-luna, output_tokens",
    }
    days = {datetime.fromtimestamp(start, UTC).date() for start, _line in lines}
    assert len(days) == 2, "the calls of two months"
    for line in [line for _start, line in lines]:
        assert line.quantity_unit == "tokens"
        assert line.amount.value > 0
    printed = capsys.readouterr().out
    assert "After 9 pictures: 429 project_spend_limit_exceeded" in printed
    assert "The limit is enforcing" in printed
