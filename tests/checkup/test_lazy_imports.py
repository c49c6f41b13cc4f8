"""The SDK takes over half a second to import: these rooms never load it by themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.processes
@pytest.mark.parametrize("room", ["keys", "checkup", "onboarding", "ai_assistant", "classroom"])
def test_a_room_does_not_load_the_sdk(room: str) -> None:
    program = (
        f"import sys, ppkit.{room}; print([name for name in ('openai', 'httpx2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
