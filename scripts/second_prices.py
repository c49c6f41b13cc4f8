"""Our prices beside a second, independent source: `python scripts/second_prices.py FILE`.

FILE is litellm's price map (`model_prices_and_context_window.json` of its repository, or the copy inside an
installed litellm). Prints each difference; exit code 1 when a price that both have is not the same.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from ppkit.spending.price_comparison import PriceDifference, compare, read_price_map
from ppkit.spending.prices import PriceCatalogue


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    theirs = read_price_map(Path(sys.argv[1]).read_text("utf-8"))
    found = compare(theirs, PriceCatalogue(), datetime.now(UTC))
    both = [one for one in found if one.ours_pico_usd is not None and one.theirs_pico_usd is not None]
    for title, rows in (
        ("not the same", both),
        ("only theirs", [one for one in found if one.ours_pico_usd is None]),
        ("only ours", [one for one in found if one.theirs_pico_usd is None]),
    ):
        print(f"{title}: {len(rows)}")
        for one in rows:
            print(f"  {_line(one)}")
    return 1 if both else 0


def _line(one: PriceDifference) -> str:
    amounts = [
        "–" if amount is None else f"{amount / 10**6:f}"
        for amount in (one.ours_pico_usd, one.theirs_pico_usd)
    ]
    return f"{one.model} ({one.tier}) {one.kind}: {amounts[0]} / {amounts[1]} USD per million tokens"


if __name__ == "__main__":
    sys.exit(main())
