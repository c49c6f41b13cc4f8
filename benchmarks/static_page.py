"""What a visitor of the static page waits for: `python -m benchmarks.static_page`, after `make lite`.

A browser that was never there, then the same one again; everything comes from this machine, so the figures
are the machine's, not a network's. Bytes are those of the files; gzip is what a host makes of them.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Page, sync_playwright

SITE = Path(__file__).resolve().parent.parent / "build/lite"
COURSE = '[data-window="course"]'
ZIPPED = frozenset({".js", ".mjs", ".json", ".wasm", ".html", ".css", ".ipynb", ".svg"})
WAIT_MILLISECONDS = 300_000


class Host(SimpleHTTPRequestHandler):
    """Notes each path that it was asked for."""

    protocol_version = "HTTP/1.1"
    asked: set[str] = set()  # noqa: RUF012  (one host, one list)
    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002
        self.asked.add(unquote(urlsplit(self.path).path).lstrip("/"))


def open_map(page: Page, address: str) -> float:
    """Seconds from the link to the map."""
    started = time.monotonic()
    page.goto(address)
    page.locator(COURSE).wait_for(timeout=WAIT_MILLISECONDS)
    return time.monotonic() - started


def transferred(site: Path) -> tuple[float, float]:
    """MB of the files that were asked for: as they are, and as a host that compresses sends them."""
    files = [path for name in Host.asked if (path := site / name).is_file()]
    plain = [path.read_bytes() for path in files]
    sent = [
        len(gzip.compress(body, 6)) if path.suffix in ZIPPED else len(body)
        for path, body in zip(files, plain, strict=True)
    ]
    return sum(map(len, plain)) / 1e6, sum(sent) / 1e6


def main() -> None:
    site = Path(sys.argv[1]) if sys.argv[1:] else SITE
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; the folder holds {size:.1f} MB")
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=str(site))) as server,
        tempfile.TemporaryDirectory() as profile,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/it/"
        for visit in ("first", "later"):
            browser = playwright.chromium.launch_persistent_context(
                profile, executable_path=shutil.which("chromium")
            )
            page = browser.new_page()
            print(f"{visit} visit, to the map: {open_map(page, address):.1f} s")
            if visit == "first":
                plain, sent = transferred(site)
                print(f"its transfer: {plain:.1f} MB in {len(Host.asked)} files; {sent:.1f} MB with gzip")
            time.sleep(2)  # a person stays longer; what the browser compiled is being written to its cache
            browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
