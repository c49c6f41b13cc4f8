"""docs/performance.md, of which the benchmarks write the parts between two marks."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def replace_part(name: str, text: str) -> None:
    """Write the text between "<!-- NAME: begin -->" and "<!-- NAME: end -->"."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")
