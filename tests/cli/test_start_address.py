"""When `ppkit start` says where JupyterLab is."""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from ppkit.clock import ManualClock
from ppkit.start import lab as lab_room
from ppkit.start.lab import Lab, LabCall

pytestmark = pytest.mark.processes

TOKEN = "a-token"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_an_address_is_said_once_somebody_answers_there(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """A Jupyter server writes its file first, and on a busy machine a page that is opened then is refused."""
    monkeypatch.setattr(
        lab_room, "command", lambda _call: [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
    )
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path), "JUPYTER_TOKEN": TOKEN}
    call = LabCall(tmp_path, Path("a.ipynb"), 0, False, tmp_path / "lab.log", environment)
    lab, looks = Lab(call, clock), 0
    with ExitStack() as end, socket.socket() as listener:
        end.callback(lab.stop)
        listener.bind((host, 0))  # from now on the port is ours, and who connects is refused
        address = f"http://{host}:{listener.getsockname()[1]}/"
        told = {"token": TOKEN, "pid": lab._process.pid, "url": address}
        (tmp_path / "jpserver-1.json").write_text(json.dumps(told), "utf-8")

        def listen_late() -> bool:
            nonlocal looks
            looks += 1
            if looks == 3:
                listener.listen()
            return False

        assert (lab.wait_until_ready(listen_late) or "").startswith(address)
    assert looks == 3
