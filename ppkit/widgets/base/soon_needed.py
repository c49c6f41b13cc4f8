"""What the first click in a window will need, loaded while its reader still reads.

The SDK takes half a second of processor time to import. At the click, its reader would wait for it, and in a
class that clicks at once, for everybody else's as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module

from ppkit.beside import do_beside
from ppkit.footing import footing

_TRANSPORT = ("httpcore2",)  # which httpx2 loads with the first client that is made
_SDK = ("ppkit.metering.client", "openai.resources.models", "openai.resources.responses", *_TRANSPORT)
_PICTURES = ("openai.resources.images",)
_ADMINISTRATION = ("openai.resources.admin.admin",)
SOON_NEEDED: Mapping[str, Sequence[str]] = {
    "setup": _SDK,
    "for_real": _SDK,
    "assistant": (*_SDK, *_PICTURES),
    "posts": _SDK,
    "drills": _SDK,
    "key_rotation": (*_SDK, *_ADMINISTRATION),
}
"""Modules by the window whose clicks use them."""


def load_soon_needed(window: str, beside: Callable[[Callable[[], None], str], None] = do_beside) -> None:
    """Begin to load it, beside whatever draws the window; without threads, where that would wait, nothing.

    The thread has the priority of the kernel: one that waits for the processor while it holds the
    interpreter would make every click wait with it.
    """
    missing = [name for name in SOON_NEEDED.get(window, ()) if name not in sys.modules]
    if missing and footing().has_threads:
        beside(lambda: _load(missing), "ppkit-soon-needed")


def _load(modules: Sequence[str]) -> None:
    for name in modules:
        with suppress(Exception):  # whoever clicks is told what is wrong
            import_module(name)
