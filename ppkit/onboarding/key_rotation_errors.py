"""What can be out of order while a key is replaced. Keys are in the facts in their masked form only."""

from __future__ import annotations

from ppkit.errors import PpkitError


class SameKeyAgain(PpkitError):
    """The key given as the new one is the old one. Facts: key."""

    code = "replacement_same_key"


class OldKeyNotWorking(PpkitError):
    """The key to be replaced does not work any more. Facts: key."""

    code = "replacement_old_not_working"


class OldKeyAlive(PpkitError):
    """The old key still answers. Facts: key."""

    code = "replacement_old_alive"


class OldKeyGoneEarly(PpkitError):
    """The old key was revoked on the platform before the new one was proven. Facts: key."""

    code = "replacement_old_gone_early"


class NewKeyGone(PpkitError):
    """The new key is no longer on the platform. Facts: key."""

    code = "replacement_new_gone"


class NotProvenYet(PpkitError):
    """Revoking before the new key is proven would stop the application. No facts."""

    code = "replacement_not_proven"


class KeyInUse(PpkitError):
    """This key is the one in use. Facts: key."""

    code = "replacement_key_in_use"


class WrongEnd(PpkitError):
    """The characters typed are not the end of the chosen key. Facts: name."""

    code = "replacement_wrong_end"
