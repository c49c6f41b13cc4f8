"""JupyterHub for a class on one machine: each learner has a seat, a password and an account of the system.

`sh deploy/jupyterhub/up` runs it; docs/hub.md says what every setting does and whom this suits.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from firstuseauthenticator import FirstUseAuthenticator
from jupyterhub.auth import LocalAuthenticator

from ppkit.agency import copy_whole, is_open_with_business, remove_copies, whole_agency, write_learners_part
from ppkit.checkup import diagnose, explain
from ppkit.errors import PpkitError
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.onboarding.agency_course import check_course

STATE = Path(os.environ["PPKIT_HUB_STATE"])
SEPARATE = os.geteuid() == 0 and os.environ.get("PPKIT_HUB_ACCOUNTS") != "one"
SEATS = (STATE / "seats").read_text("utf-8").split()
TRAINER = (STATE / "trainer").read_text("utf-8").strip()
c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821  (JupyterHub puts it here)


class ClassAuthenticator(FirstUseAuthenticator, LocalAuthenticator):
    """Who first takes a seat chooses its password, and gets an account of the system."""

    def validate_username(self, username: str) -> bool:
        """No other name gets as far as choosing a password, least of all that of an account that exists."""
        return username in {*SEATS, TRAINER} and bool(super().validate_username(username))


# Who may come in: seats are names that nobody can guess, made once by `up` and handed out on paper.
c.JupyterHub.authenticator_class = ClassAuthenticator
c.Authenticator.allowed_users = {*SEATS, TRAINER}
c.Authenticator.admin_users = {TRAINER}
c.FirstUseAuthenticator.dbm_path = str(STATE / "passwords.dbm")
c.LocalAuthenticator.create_system_users = SEPARATE

# Learners are kept apart by the system's own accounts, which only root can make. Otherwise all of them share
# one: good for trying the hub out, not for a class, because each could read the others' files and the hub's.
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner" if SEPARATE else "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(STATE / "learners" / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "ppkit.start.single_user"]
c.Spawner.args = [] if SEPARATE or os.geteuid() else ["--allow-root"]
c.Spawner.environment = {
    # A class rehearses. A learner who wants to go live does so on their own computer.
    "PPKIT_MODE": "practice",
    "PPKIT_LANGUAGE": os.environ.get("PPKIT_LANGUAGE", "it"),
    "PPKIT_PRACTICE_HOST": str(STATE / "practice"),
    # The threads of a process share one heap: each of their own keeps memory that is free.
    "MALLOC_ARENA_MAX": "1",
}
# The agency's name, colours, lessons and plan credits, the same for all. Every account can read them, so they
# are a file of their own; the whole one, with clients and mark-up, is for the class service alone.
# Copies of an earlier start go first: it may have had another file, or none of its accounts.
AGENCY = {}
WHOLE = Path(os.environ["PPKIT_HUB_AGENCY"]) if os.environ.get("PPKIT_HUB_AGENCY") else None
try:
    if WHOLE:
        check_course(whole_agency(WHOLE), WHOLE)
        if SEPARATE and is_open_with_business(WHOLE):
            sys.exit(f"Other accounts could read the clients in {WHOLE}: make it yours alone (chmod 600).")
    remove_copies(STATE / "agency", STATE / "agency-whole", WHOLE)
    if WHOLE:
        c.Spawner.environment["PPKIT_AGENCY"] = str(write_learners_part(WHOLE, STATE / "agency"))
        whole = copy_whole(WHOLE, STATE / "agency-whole", "ppkit-class" if SEPARATE else None)
        AGENCY = {"PPKIT_AGENCY": str(whole)}
except PpkitError as error:
    spoken = c.Spawner.environment["PPKIT_LANGUAGE"]
    told = explain(diagnose(error), Texts(spoken if spoken in LANGUAGES else "en"))
    sys.exit(f"{told.what}\n{told.why}\n{told.now}")
c.Spawner.http_timeout = c.Spawner.start_timeout = 120
# Nobody is sent away: beyond a limit the hub shows a page that says "try again", and does not do so itself.
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.active_server_limit = len(SEATS) + 1

# Where it listens, and where it keeps what it must not forget.
c.JupyterHub.bind_url = os.environ.get("PPKIT_HUB_ADDRESS", "http://:8000")
c.JupyterHub.hub_bind_url = os.environ.get("PPKIT_HUB_INNER_ADDRESS", "http://127.0.0.1:8081")
c.ConfigurableHTTPProxy.api_url = os.environ.get("PPKIT_HUB_PROXY_ADDRESS", "http://127.0.0.1:8001")
c.ConfigurableHTTPProxy.command = [str(STATE / "node_modules" / ".bin" / "configurable-http-proxy")]
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
c.JupyterHub.cookie_secret_file = str(STATE / "cookie-secret")
c.JupyterHub.db_url = f"sqlite:///{STATE / 'hub.sqlite3'}"
c.JupyterHub.cleanup_servers = True
c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self"]}, {"name": "server", "scopes": ["inherit"]}]

# One process holds everybody's practice platform: one for each learner would take as much memory as a kernel.
practice = [sys.executable, "-m", "ppkit.practice_platform.class_host", "--folder", str(STATE / "practice")]
c.JupyterHub.services = [
    # It needs no rights of the hub's: no learner's platform runs as root.
    {"name": "practice", "command": [*practice, "--separate-accounts"], "user": "ppkit-practice"}
    if SEPARATE
    else {"name": "practice", "command": practice}
]

# A lesson with the agency's key, where one is named: learners spend from it with the hub's own tokens, and it
# belongs to an account that none of them has (docs/classroom.md).
if LESSON := os.environ.get("PPKIT_HUB_LESSON"):
    mode = os.environ.get("PPKIT_HUB_LESSON_MODE", "practice")
    if mode == "live" and not SEPARATE:
        sys.exit(
            "A live lesson needs separate accounts: run the hub as root, or learners could read its key."
        )
    port = int(os.environ.get("PPKIT_HUB_CLASS_PORT", "8642"))
    c.JupyterHub.services.append(
        {
            "name": "class",
            "url": f"http://127.0.0.1:{port}",
            "command": [sys.executable, "-m", "ppkit", "class", "serve", LESSON, "--hub"],
            "environment": {"PPKIT_MODE": mode, "PPKIT_HOME": str(STATE / "class"), **AGENCY},
            **({"user": "ppkit-class"} if SEPARATE else {}),
        }
    )
    for role in c.JupyterHub.load_roles:
        role["scopes"].append("access:services!service=class")
    # Where learners' windows tell which step they are at, with the hub's own token.
    c.Spawner.environment["PPKIT_CLASS_URL"] = f"http://127.0.0.1:{port}/services/class"

# Servers that nobody uses make room for others; the learner's files stay.
c.JupyterHub.services.append(
    {"name": "idle-culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}
)
c.JupyterHub.load_roles.append(
    {
        "name": "idle-culler",
        "services": ["idle-culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
)
