"""JupyterLab as a child process: how it is called, how its address is learnt, how it is ended."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.files import make_private_folder
from ppkit.look.texts import LANGUAGES

OWN_CONFIGURATION = Path(__file__).with_name("jupyter")
SPEAKING = {language: Path(__file__).with_name(f"jupyter_{language}") for language in LANGUAGES}
"""What makes JupyterLab's menus speak a language; the language pack has no words for the menu bar."""
LANGUAGE_SETTING = Path("@jupyterlab/translation-extension/plugin.jupyterlab-settings")
"""Where JupyterLab keeps the language that a user has chosen, in the folder of the user's settings."""
DEFAULT_PORT = 8888
PORTS_TRIED = 50
START_TIMEOUT_SECONDS = 90.0  # a cold disk and a virus scanner; three to five seconds as a rule
# Kernels get five seconds to end; Jupyter itself never ends when it is stopped while it writes a file.
STOP_TIMEOUT_SECONDS = 8.0
POLL_SECONDS = 0.1
CONNECT_SECONDS = 1.0
ONE_OF_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (what a user's configuration may say)
"""Where to find a server that listens at every address of the machine: Windows connects to no "0.0.0.0"."""
View = Literal["jupyterlab", "voila"]
"""How notebooks are shown: to be worked with, or as pages without an editor, by the same server."""
PAGES: Mapping[View, tuple[str, ...]] = {"jupyterlab": ("doc/tree", "reset"), "voila": ("voila/render",)}
"""Where a notebook's page is, and what is always asked of it."""
# Voilà leaves the kernel of each page it has shown; JupyterLab takes it along to the next one.
LEFT_KERNELS = {"MappingKernelManager.cull_idle_timeout": "300", "MappingKernelManager.cull_interval": "60"}
NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # on Windows only


class LabFailed(PpkitError):
    """JupyterLab ended, or did not answer in time. Facts: log (path), lines (its last ones)."""

    code = "lab_failed"


@dataclass(frozen=True, slots=True)
class LabCall:
    """What JupyterLab is asked for. `log` receives everything it says."""

    folder: Path
    notebook: Path
    port: int
    browser: bool
    log: Path
    environment: Mapping[str, str]
    view: View = "jupyterlab"

    def page(self, *more: str) -> str:
        """The first page: its path, and a query with `more` in it."""
        path, *always = PAGES[self.view]
        query = "&".join((*always, *more))
        return f"{path}/{quote(self.notebook.as_posix())}{'?' * bool(query)}{query}"


class Lab:
    """A running JupyterLab and its kernels, in a process group of their own.

    Their own, because Ctrl-C in a terminal goes to the whole group, and Jupyter answers it with a question.
    """

    def __init__(self, call: LabCall, clock: Clock) -> None:
        """Starts it. Raises LabFailed when its log cannot be written."""
        self._call = call
        self._clock = clock
        # The token distinguishes our server in Jupyter's list. It goes by environment, because the
        # arguments of a process can be read by every user of the machine.
        self._token = call.environment.get("JUPYTER_TOKEN") or secrets.token_hex(24)
        try:
            make_private_folder(call.log.parent)
            log = os.open(call.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise LabFailed(log=str(call.log), lines=error.strerror or "") from None
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603  (our own interpreter, no shell)
                command(call),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=sys.platform != "win32",
                creationflags=NEW_GROUP,
            )
        finally:
            os.close(log)

    def wait_until_ready(self, cancelled: Callable[[], bool]) -> str | None:
        """The address to open, token included, once the server listens; None when cancelled before.

        Raises LabFailed.
        """
        deadline = self._clock.monotonic() + START_TIMEOUT_SECONDS
        while self._clock.monotonic() < deadline and self._process.poll() is None:
            if cancelled():
                return None
            address = self._address()
            if address and _listens(address):
                return address + self._call.page(f"token={self._token}")
            self._clock.sleep(POLL_SECONDS)
        raise LabFailed(log=str(self._call.log), lines=last_lines(self._call.log))

    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End it and its kernels: asked first, then told."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_TIMEOUT_SECONDS)
        _kill_group(self._process)
        self._process.wait()

    def _environment(self) -> dict[str, str]:
        """What JupyterLab inherits: our configuration, and the token."""
        return {**with_own_configuration(self._call.environment), "JUPYTER_TOKEN": self._token}

    def _address(self) -> str | None:
        """ "http://localhost:8888/" from the file that a Jupyter server writes shortly before it listens."""
        for path in _runtime_folder(self._call.environment).glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError):
                server = json.loads(path.read_text(encoding="utf-8"))
                if server.get("token") == self._token and self._is_ours(server):
                    return str(server["url"])
        return None

    def _is_ours(self, server: Mapping[str, object]) -> bool:
        """With a token that the user chose, other servers of theirs may share it."""
        return "JUPYTER_TOKEN" not in self._call.environment or server.get("pid") == self._process.pid


def with_own_configuration(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with our configuration of Jupyter before the user's own, which stays in force.

    Ours switches off the announcements (a question over the first lesson, and two calls to elsewhere),
    keeps keys out of notebooks (`notebook_guard`, and the page's part of it), and lets the menus speak the
    language of PPKIT_LANGUAGE, unless the user has chosen one in JupyterLab.
    """
    spoken = environment.get("PPKIT_LANGUAGE", "")
    is_chosen = (settings_folder(environment) / LANGUAGE_SETTING).exists()
    speaking = [str(SPEAKING[spoken])] if spoken in SPEAKING and not is_chosen else []
    ours = {
        "JUPYTER_CONFIG_PATH": [str(OWN_CONFIGURATION), *speaking],
        "JUPYTER_PATH": [str(OWN_CONFIGURATION)],
    }
    theirs = {name: [environment[name]] if environment.get(name) else [] for name in ours}
    return {**environment, **{name: os.pathsep.join(ours[name] + theirs[name]) for name in ours}}


def command(call: LabCall) -> list[str]:
    """The arguments; no secret among them."""
    options = {
        "ServerApp.root_dir": str(call.folder),
        "ServerApp.port": str(call.port),
        "ServerApp.port_retries": str(PORTS_TRIED),
        "ServerApp.open_browser": str(call.browser),
        "LabApp.default_url": f"/{call.page()}",
    }
    if call.view == "voila":
        options |= LEFT_KERNELS
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options["ServerApp.allow_root"] = "True"
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log, without the tokens that Jupyter writes into its addresses."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(line.partition("token=")[0] for line in lines[-count:])


def _listens(address: str) -> bool:
    place = urlsplit(address)
    host = place.hostname or ""
    if place.port is None:  # a socket that is a file
        return True
    with contextlib.suppress(OSError):
        socket.create_connection((ONE_OF_ALL.get(host, host), place.port), CONNECT_SECONDS).close()
        return True
    return False


def port_of(address: str) -> int | None:
    return urlsplit(address).port


def settings_folder(environment: Mapping[str, str]) -> Path:
    """Of the user's own settings of JupyterLab."""
    from jupyter_core.paths import jupyter_config_dir  # lazy: comes with the extra "lab" only

    folder = environment.get("JUPYTER_CONFIG_DIR") or jupyter_config_dir()
    return Path(environment.get("JUPYTERLAB_SETTINGS_DIR") or Path(folder, "lab", "user-settings"))


def _runtime_folder(environment: Mapping[str, str]) -> Path:
    from jupyter_core.paths import jupyter_runtime_dir  # lazy: comes with the extra "lab" only

    return Path(environment.get("JUPYTER_RUNTIME_DIR") or jupyter_runtime_dir())


if sys.platform == "win32":

    def _kill_group(process: subprocess.Popen[bytes]) -> None:
        # Kernels watch their parent and end with it.
        process.kill()

else:

    def _kill_group(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
