"""A real PostgreSQL for the tests: the one that PPKIT_TEST_POSTGRES_URL names, else a server of our own.

Ours runs from the binaries that scripts/postgres.sh makes sure of, in a folder that is removed at the end. It
listens on loopback only, at a free port, and ends with the process that started it, even when that is killed.
"""

from __future__ import annotations

import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from fast_folder import fast_folder

GIVEN_URL = os.environ.get("PPKIT_TEST_POSTGRES_URL")
"""A server whose user may create databases and roles. Read at import: some tests empty their environment."""

SCHEME = "postgresql+psycopg"
USER = "ppkit"
START_SECONDS = 60.0
FAST: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}
"""Safe against everything but a power cut, which ends the tests as well."""

_number = itertools.count()


class ServerMissing(Exception):
    """There is no PostgreSQL here to start, or it does not start; the text says which."""


def binaries() -> Path:
    """The folder of the newest server binaries. Raises ServerMissing."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    found = shutil.which("postgres")
    candidates = [*reversed(debian), *([Path(found).resolve()] if found else [])]
    for candidate in candidates:
        if (candidate.parent / "initdb").exists():
            return candidate.parent
    raise ServerMissing("no server binaries; scripts/postgres.sh installs Debian's package")


def server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: it refuses root. None: as the user who runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


class PostgresServer:
    """A server process of our own, with one user with a new password."""

    def __init__(self, settings: Mapping[str, str] = FAST, parent: str | None = None) -> None:
        """Its folder is made in `parent`, by default where writing is quickest. Raises ServerMissing."""
        self._bin = binaries()
        user = server_user()
        self._identity: dict[str, Any] = (
            {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        )
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self.password = secrets.token_hex(8)
        self.port = 0
        # Root's own folder for such things may be closed to the server's user.
        self._folder = Path(
            tempfile.mkdtemp(
                prefix="ppkit-postgres-", dir=parent or fast_folder() or ("/tmp" if user else None)
            )
        )
        try:
            self._initialize()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The address of the server's own database, from which others are made."""
        return f"{SCHEME}://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """Of the process that all of the server's others are children of; None while it is stopped."""
        return None if self._process is None else self._process.pid

    def _initialize(self) -> None:
        password_file = self._folder / "password"
        password_file.write_text(self.password, encoding="utf-8")
        if self._identity:
            for path in (self._folder, password_file):
                shutil.chown(path, self._identity["user"], self._identity["group"])
        options = [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            f"--username={USER}",
            f"--pwfile={password_file}",
            f"--pgdata={self._folder / 'data'}",
        ]
        done = subprocess.run(
            [self._bin / "initdb", *options],
            **self._identity,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        password_file.unlink()
        if done.returncode:
            raise ServerMissing(f"initdb failed: {done.stderr.strip()}")

    def start(self) -> None:
        """Start it, at the port it had before or a free one, and wait until it answers."""
        for _ in range(3):  # another process may take a free port before the server does
            port = self.port or free_port()
            if self._started(port):
                self.port = port
                return
        raise ServerMissing(f"the server does not start: {self.log.strip()}")

    def _started(self, port: int) -> bool:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "300",
            "shared_buffers": "32MB",
            **self._settings,
        }
        chosen = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_ending_with_us(), self._bin / "postgres", "-D", self._folder / "data", *chosen],
                **self._identity,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for pytest, which then ends the server
            )
        give_up_at = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < give_up_at:
            if self._is_ready():
                return True
            time.sleep(0.01)
        return False

    def _is_ready(self) -> bool:
        """The last line of the file that the server keeps while it runs says so."""
        try:
            lines = (self._folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        mine = self._process is not None and lines[:1] == [str(self._process.pid)]
        return mine and lines[7:8] != [] and lines[7].strip() == "ready"

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends every connection and shuts down well; SIGQUIT ends at once, as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    @property
    def log(self) -> str:
        path = self._folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)


def _ending_with_us() -> list[str]:
    """What makes the server end when pytest is killed, where the system can do that."""
    return ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def connect(url: str) -> psycopg.Connection:
    """A connection that commits by itself and sees the ledger's tables, for what tests do beside it."""
    schema = "-csearch_path=ppkit,public"
    return psycopg.connect(url.replace(f"{SCHEME}:", "postgresql:", 1), autocommit=True, options=schema)


@contextmanager
def new_database(server_url: str, options: str = "TEMPLATE template0") -> Iterator[str]:
    """The address of an empty database, dropped at the end.

    Dropping fails while a connection is open, so that no ledger forgets to close its connections.
    """
    name = f"ppkit_test_{os.getpid()}_{next(_number)}"
    _on_server(server_url, f"CREATE DATABASE {name} {options}")
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    except BaseException:
        _on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")
        raise
    _on_server(server_url, f"DROP DATABASE {name}")


def _on_server(url: str, command: str) -> None:
    with connect(url) as server:  # a new one each time: between two commands a test may restart the server
        server.execute(command.encode())


@contextmanager
def any_server() -> Iterator[str]:
    """The address of the server that the tests share. Raises ServerMissing."""
    if GIVEN_URL:
        yield GIVEN_URL
        return
    server = PostgresServer()
    try:
        yield server.url
    finally:
        server.close()
