"""deploy/jupyterhub with the real JupyterHub and its proxy: learners log in, rehearse, and stay apart."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from frameworks.environments import ROOT, UV, made_once, python_with, run
from websocket import WebSocket, create_connection

from ppkit.class_service.pseudonyms import STARS
from ppkit.clock import SystemClock
from ppkit.start.shared_platform import end_practice

pytestmark = pytest.mark.hub

PROXY = "configurable-http-proxy@5"
PASSWORD = "word-of-their-own"
SEATS = ["class-ada", "class-bruno", "class-carla", "class-eve"]
START_SECONDS = 120.0
RUN_SECONDS = 300.0
WHERE = """
import json, os, ppkit
from ipykernel.connect import get_connection_info
link = ppkit.practice().practice_link
link.new_key("of " + os.environ["JUPYTERHUB_USER"])
keys = [key["name"] for key in link.state()["keys"]]
line = get_connection_info(unpack=True)
where = {"transport": line["transport"], "sockets": os.path.dirname(line["ip"])}
print(json.dumps({"pid": link.address().pid, "mode": os.environ["PPKIT_MODE"], "keys": keys, **where}))
"""


LESSON = """
id = "evening"
name = "An evening"
opens = 2026-01-01T00:00:00Z
closes = 2099-01-01T00:00:00Z
learners = 3
limit_per_learner = "0.50"
limit_in_all = "1.00"
models = ["gpt-6-luna"]
"""
SPEND = """
import json, os, openai
client = openai.OpenAI(base_url="@/services/class/v1", api_key=os.environ["JUPYTERHUB_API_TOKEN"])
answer = client.responses.create(model="gpt-6-luna", input="Say hello.", max_output_tokens=50)
import ppkit
from ppkit.class_line import HttpLine
known = HttpLine().tell(ppkit.session().linking.membership.seat, {"open_lesson": "create"})
sees_a_key = "sk-" in " ".join(os.environ.values())
print(json.dumps({"text": answer.output_text, "known_as": known.pseudonym, "sees_a_key": sees_a_key}))
"""


@dataclass(frozen=True)
class Hub:
    url: str
    log: Path
    pid: int
    opened: ExitStack

    def log_in(self, name: str, password: str) -> Learner:
        """In a seat whose password the first login chooses. Raises PermissionError for another one."""
        client = httpx2.Client(base_url=self.url, timeout=START_SECONDS, trust_env=False)
        self.opened.enter_context(client)
        client.get("/hub/login")  # for the cookie that every form must repeat
        fields = {"username": name, "password": password, "_xsrf": _repeated(client)}
        answer = client.post("/hub/login", params={"next": "/hub/home"}, data=fields)
        if answer.status_code == 403:
            raise PermissionError(name)
        client.get("/hub/home")
        answer = client.post(
            f"/hub/api/users/{name}/tokens", headers={"X-XSRFToken": _repeated(client)}, json={}
        )
        client.cookies.clear()
        client.headers["Authorization"] = f"token {answer.raise_for_status().json()['token']}"
        return Learner(name, client)


def _repeated(client: httpx2.Client) -> str:
    return next(one.value or "" for one in client.cookies.jar if one.name == "_xsrf")


@dataclass(frozen=True)
class Learner:
    name: str
    client: httpx2.Client

    def start_server(self) -> None:
        """Returns when the learner's own JupyterLab answers."""
        end = time.monotonic() + START_SECONDS
        while (status := self.client.post(f"/hub/api/users/{self.name}/server").status_code) == 429:
            assert time.monotonic() < end, "others were starting all the time"  # the Hub takes few at once
            time.sleep(0.5)
        assert status in (201, 202)
        while not self.client.get(f"/hub/api/users/{self.name}").json()["servers"].get("", {}).get("ready"):
            assert time.monotonic() < end, "the learner's server did not start"
            time.sleep(0.2)

    def run(self, code: str) -> dict[str, Any]:
        """What the code prints in a kernel of the learner's, read as JSON."""
        with self.kernel() as channel:
            return dict(json.loads(executed(channel, code)))

    @contextmanager
    def kernel(self) -> Iterator[WebSocket]:
        """A new kernel's channel. The kernel goes on when it is closed, as when a tab is."""
        kernel = self.client.post(f"/user/{self.name}/api/kernels").raise_for_status().json()["id"]
        address = f"{str(self.client.base_url).rstrip('/')}/user/{self.name}/api/kernels/{kernel}/channels"
        token = self.client.headers["Authorization"]
        channel = create_connection(
            address.replace("http", "ws", 1), header=[f"Authorization: {token}"], timeout=START_SECONDS
        )
        try:
            yield channel
        finally:
            channel.close()


def executed(channel: WebSocket, code: str) -> str:
    """What the code printed. Raises AssertionError where it failed."""
    request = _execute_request(code)
    channel.send(json.dumps(request))
    return _printed(channel, request["header"]["msg_id"])


def _execute_request(code: str) -> Mapping[str, Any]:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "test"}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    return {
        "header": {**header, "version": "5.3", "date": datetime.now(UTC).isoformat()},
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
    }


def _printed(channel: WebSocket, asked: str) -> str:
    """Until the reply and the word that the kernel is idle have come, which may overtake each other."""
    printed, awaited = "", {"execute_reply", "idle"}
    end = time.monotonic() + RUN_SECONDS
    while awaited:
        assert time.monotonic() < end, (
            "the kernel goes on and on"
        )  # each message would start the timeout anew
        received = channel.recv()
        if isinstance(received, bytes):  # a widget's message, with buffers
            continue
        message = json.loads(received)
        content, kind = message["content"], message["msg_type"]
        assert kind != "error", content
        if kind == "stream" and content["name"] == "stdout":
            printed += content["text"]
        if message["parent_header"].get("msg_id") == asked:
            awaited -= {kind, content.get("execution_state")}
    return printed


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine: the hub's proxy, and so JupyterHub, was NOT tried")
    state = tmp_path_factory.mktemp("hub")
    proxy = made_once("hub-proxy", PROXY, install_proxy)
    (state / "node_modules").symlink_to(proxy / "node_modules")
    run([str(UV), "pip", "install", "--quiet", "--no-deps", "--target", str(state / "site"), str(ROOT)])
    with running_hub(state, python_with("requirements/hub.txt")) as made:
        yield made


def install_proxy(folder: Path) -> None:
    folder.mkdir()
    run(["npm", "install", "--silent", "--no-audit", "--prefix", str(folder), PROXY])


@contextmanager
def running_hub(state: Path, python: Path, seats: Sequence[str] = SEATS) -> Iterator[Hub]:
    """As deploy/jupyterhub/up starts it, except for accounts of the system, which a test must not make."""
    with free_ports(4) as ports:
        outer, inner, proxy, lesson = ports
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PPKIT_", "JUPYTER"))},
        "PPKIT_HUB_STATE": str(state),
        "PPKIT_HUB_ACCOUNTS": "one",
        "PPKIT_HUB_ADDRESS": f"http://127.0.0.1:{outer}",
        "PPKIT_HUB_INNER_ADDRESS": f"http://127.0.0.1:{inner}",
        "PPKIT_HUB_PROXY_ADDRESS": f"http://127.0.0.1:{proxy}",
        "PPKIT_HUB_CLASS_PORT": str(lesson),
        "PPKIT_HUB_LESSON": str(state / "lesson.toml"),
        "PYTHONPATH": str(state / "site"),
    }
    (state / "seats").write_text("\n".join(seats), "utf-8")
    (state / "trainer").write_text("class-trainer\n", "utf-8")
    (state / "practice").mkdir()
    (state / "lesson.toml").write_text(LESSON, "utf-8")
    agency = environment | {"PPKIT_MODE": "practice", "PPKIT_HOME": str(state / "class")}
    run([str(python), "-m", "ppkit", "practice", "prepare", "--until", "key"], state, agency)
    command = [
        str(python),
        "-m",
        "jupyterhub",
        "--config",
        str(ROOT / "deploy/jupyterhub/jupyterhub_config.py"),
    ]
    log = state / "hub.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=state, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_for(lambda: b"JupyterHub is now running" in log.read_bytes(), process, log)
        with ExitStack() as opened:
            yield Hub(f"http://127.0.0.1:{outer}", log, process.pid, opened)
    finally:
        process.send_signal(signal.SIGINT)  # it ends the learners' servers first
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        end_practice(state / "class", SystemClock())


@contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        yield [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_for(done: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not done():
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.1)


def test_learners_log_in_and_rehearse_each_on_a_platform_of_their_own(hub: Hub) -> None:
    told = {}
    for name in SEATS[:2]:
        learner = hub.log_in(name, PASSWORD)
        learner.start_server()
        lessons = learner.client.get(f"/user/{name}/api/contents/it").raise_for_status().json()["content"]
        assert "00_il_corso.ipynb" in [one["name"] for one in lessons]
        told[name] = learner.run(WHERE)
    assert told["class-ada"]["mode"] == told["class-bruno"]["mode"] == "practice"
    assert [told[name]["keys"] for name in SEATS[:2]] == [["of class-ada"], ["of class-bruno"]]
    assert learner.client.get(f"/user/{name}/lsp/status").status_code == 404  # looking for servers starts npm
    for told_by in told.values():
        assert told_by["transport"] == "ipc"
        assert Path(told_by["sockets"]).stat().st_mode & 0o777 == 0o700  # whose sockets nobody else reaches
    # One process holds both platforms.
    assert told["class-ada"]["pid"] == told["class-bruno"]["pid"]


def test_a_learner_spends_from_the_agencys_key_with_the_hubs_token_and_never_sees_it(hub: Hub) -> None:
    carla = hub.log_in("class-carla", PASSWORD)
    carla.start_server()
    told = carla.run(SPEND.replace("@", hub.url))
    assert told["text"]
    assert told["known_as"] in STARS  # by whom their windows tell which step they are at
    assert not told["sees_a_key"]
    refused = httpx2.get(f"{hub.url}/services/class/v1/models", headers={"authorization": "Bearer nobody"})
    assert refused.status_code == 401


def test_nobody_comes_in_by_a_name_that_is_no_seat_or_by_another_password(hub: Hub) -> None:
    hub.log_in("class-eve", PASSWORD)
    for name, password in [
        ("class-eve", "another word"),
        ("root", PASSWORD),
        ("postgres", PASSWORD),
        ("class-nobody", PASSWORD),
        ("class-eve; x", PASSWORD),
    ]:
        with pytest.raises(PermissionError):
            hub.log_in(name, password)


def test_a_learner_reaches_neither_another_learners_server_nor_the_hubs_users(hub: Hub) -> None:
    ada, eve = (hub.log_in(name, PASSWORD) for name in ("class-ada", "class-eve"))
    assert eve.client.get("/hub/api/users/class-ada").status_code == 404
    assert eve.client.get("/hub/api/users").status_code == 403
    assert eve.client.post("/hub/api/users/class-ada/server").status_code in (403, 404)
    assert ada.client.get("/user/class-ada/api/contents").status_code == 200
    assert eve.client.get("/user/class-ada/api/contents").status_code == 403


def test_no_password_stands_in_the_hubs_log(hub: Hub) -> None:
    log = hub.log.read_text("utf-8")
    assert "class-ada" in log
    assert PASSWORD not in log
