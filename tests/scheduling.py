"""Which tests one worker of pytest-xdist gets together, with `--dist loadgroup`."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

KEPT_TOGETHER = (
    "tests/binder/test_replica.py",
    "tests/widgets/test_ipython_guard_in_jupyterlab.py",
    "tests/widgets/test_buttons_in_jupyterlab.py",
)
"""Files that start their own server or share a page. The others share what each worker has once, so each of
their tests goes alone.

xdist's own mark for this, `xdist_group`, has no effect under pytest 9.2.
"""


class ByItself(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in KEPT_TOGETHER else nodeid
