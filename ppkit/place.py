"""Where this process runs, read from what each place puts into the environment of its processes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.util import find_spec


class Place(StrEnum):
    """Kinds of places; they differ in who owns the disk and in what a page can reach."""

    LOCAL = "local"
    BINDER = "binder"
    HUB = "hub"
    COLAB = "colab"
    VSCODE = "vscode"
    STATIC_PAGE = "static_page"


# The first that shows a sign wins: a Binder is a JupyterHub too. Sources: BinderHub's launcher, JupyterHub's
# spawner, Colab's runtime image, scripts/static_page.py, VS Code's terminal and its Jupyter extension.
_SIGNS: tuple[tuple[Place, tuple[str, ...]], ...] = (
    (
        Place.BINDER,
        (
            "BINDER_LAUNCH_HOST",
            "BINDER_REQUEST",
            "BINDER_PERSISTENT_REQUEST",
            "BINDER_REPO_URL",
            "BINDER_REF_URL",
        ),
    ),
    (Place.COLAB, ("COLAB_RELEASE_TAG", "COLAB_BACKEND_VERSION", "COLAB_JUPYTER_IP")),
    (Place.HUB, ("JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_API_URL", "JUPYTERHUB_USER")),
    (Place.STATIC_PAGE, ("PPKIT_STATIC_PAGE",)),
    (Place.VSCODE, ("VSCODE_PID", "VSCODE_CWD", "VSCODE_IPC_HOOK_CLI")),
)


def place_of(environment: Mapping[str, str]) -> Place:
    """The place that an environment indicates; LOCAL where nothing says otherwise."""
    # A Jupyter server that was started in VS Code's terminal is visited with a browser.
    served = bool(environment.get("JPY_SESSION_NAME"))
    for place, signs in _SIGNS:
        if any(environment.get(sign) for sign in signs) and not (place is Place.VSCODE and served):
            return place
    is_vscode = environment.get("TERM_PROGRAM") == "vscode" and not served
    return Place.VSCODE if is_vscode else Place.LOCAL


def reaches_ports(environment: Mapping[str, str]) -> bool:
    """Whether the user's browser can open what a port of this machine serves: directly, or through the
    Jupyter server. In doubt not: what can be shown inside a window can be shown everywhere.
    """
    match place_of(environment):
        case Place.LOCAL:
            return True
        case Place.BINDER | Place.HUB:
            return find_spec("jupyter_server_proxy") is not None
        case Place.COLAB | Place.VSCODE | Place.STATIC_PAGE:
            return False
