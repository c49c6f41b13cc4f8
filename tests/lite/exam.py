"""Runs inside a web page's Python: the ledger's contract and the money cases, as on any other store."""

import os
import sys

sys.path[:0] = ["/site", "/tools", "/repo", "/repo/tests", "/repo/scripts", "/repo/tests/lite"]
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

import pytest  # noqa: E402  (only now is it found)

LEDGER = (
    "budget", "clocks", "corrections", "dearest", "expiry", "key_identities", "latest", "limit_changes",
    "limit_periods", "limits", "migrations", "mode", "periods", "plan_credits", "properties",
    "reservations", "series", "what_if",
)  # fmt: skip
MONEY = ("capping", "ceiling", "cost", "hosted_tools", "image_ceiling", "reported", "unbounded", "usage")
THREADS, ZONES = "many_", "hour_"
"""Tests that start threads, or put the process into another time zone: no web page can."""


async def main() -> None:
    os.chdir("/repo")
    options = ["-q", "-c", "/dev/null", "--rootdir=/repo", "--confcutdir=/repo/tests/ledger", "--tb=short"]
    options += ["-p", "no:cacheprovider", "-p", "hypothesis.extra.pytestplugin", "-p", "page_plugin"]
    options += ["-W", "error", "-m", "not processes", "-k", f"not sqlite and not {THREADS} and not {ZONES}"]
    files = [f"tests/ledger/test_{name}.py" for name in LEDGER]
    files += [f"tests/spending/test_{name}.py" for name in MONEY]
    code = pytest.main([*options, *files])
    assert code == 0, f"pytest ended with {code}"
