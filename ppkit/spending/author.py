"""Who writes into the books, where nobody says so."""

from __future__ import annotations

import getpass


def login_name() -> str:
    """The user as this computer knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without a name
        return "ppkit"
