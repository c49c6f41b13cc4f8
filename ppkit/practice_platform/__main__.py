"""python -m ppkit.practice_platform --home FOLDER [--port 0]: serve; one line of JSON when ready."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ppkit.practice_platform.address import Address
from ppkit.practice_platform.errors import PracticeError
from ppkit.practice_platform.server import DEFAULT_IDLE_SECONDS, ServingOptions, serve


def main() -> int:
    options = _options()
    try:
        serve(
            options.home,
            options.port,
            on_ready=announce,
            serving=ServingOptions(options.idle_seconds, options.pace_milliseconds / 1000, options.any_host),
        )
    except PracticeError as error:
        facts = {name: str(fact) for name, fact in error.facts.items()}
        print(json.dumps({"error": {"code": error.code, "facts": facts}}), file=sys.stderr)  # noqa: T201
        return 1
    return 0


def announce(address: Address) -> None:
    """One line for the process that started us; the control token stays in the owner-only port file."""
    line = {"base_url": address.base_url, "console_url": address.console_url, "pid": address.pid}
    print(json.dumps(line), flush=True)  # noqa: T201  (this line is what the program is asked for)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ppkit.practice_platform", description="The practice platform."
    )
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--idle-seconds", type=float, default=DEFAULT_IDLE_SECONDS)
    parser.add_argument("--pace-milliseconds", type=int, default=0)
    parser.add_argument(
        "--any-host", action="store_true", help="answer under any host name (behind a hub's proxy)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
