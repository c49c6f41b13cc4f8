"""The pages of two notebook programs that cannot be run here, made of the parts of them that are published.

VS Code: its own widget manager, a kernel without a Jupyter server, one page for all outputs. Google Colab: a
page of another address for each output, which knows nothing of its neighbours, and scripts from a CDN.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

from .npm_packages import ANYWIDGET, SCRIPT_LOADER, STANDALONE_WIDGETS, WIDGETS_OF_VSCODE, unpacked
from .raw_kernel import RawKernel

PAGES = Path(__file__).with_name("pages")
NBEXTENSIONS = Path(sys.prefix) / "share/jupyter/nbextensions"
ANYWIDGET_ON_CDN = "https://cdn.jsdelivr.net/npm/anywidget@~0.11.*/dist/index.js"
NOTEBOOK, OUTPUT = "http://notebook.test/", "http://output.test/"
_ORDINARY = "body { margin: 8px; } iframe { display: block; width: 100%; border: 0; margin: 0 0 8px; }"


@dataclass
class Program:
    """What its pages are made of, by their addresses; `asked` is what they asked other machines for."""

    files: dict[str, Path | str]
    asked: list[str] = field(default_factory=list)

    def serve(self, route: Route) -> None:
        address = route.request.url.split("?")[0]
        found = self.files.get(address)
        if found is None:
            self.asked.append(address)
            route.abort()
        elif isinstance(found, str):
            route.fulfill(body=found, content_type="text/html; charset=utf-8")
        else:
            if not address.startswith((NOTEBOOK, OUTPUT)):
                self.asked.append(address)
            headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript; charset=utf-8"}
            route.fulfill(body=found.read_text("utf-8"), headers=headers)

    @contextmanager
    def opened(
        self, chromium: Browser, kernel: RawKernel, *, width: int = 1280, system: str = "light"
    ) -> Iterator[Page]:
        """The notebook's page, once it listens to this kernel."""
        page = chromium.new_page(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if system == "dark" else "light",
            reduced_motion="reduce",
        )
        page.expose_function("toKernel", kernel.tell)
        page.expose_function("fromKernel", kernel.heard)
        page.route("**/*", self.serve)
        try:
            page.goto(NOTEBOOK)
            page.wait_for_function("window.isReady")
            yield page
            assert page.evaluate("errors") == []
        finally:
            page.unroute_all(behavior="ignoreErrors")
            page.close()


def _page(scripts: str, element: str = "", body: str = "") -> str:
    return (
        f'<!doctype html><html lang="en" {element}><meta charset="utf-8"><title>notebook</title>'
        f"<style>{_ORDINARY}</style>{scripts}<body {body}></body></html>"
    )


def vscode(theme: str = "vscode-light") -> Program:
    loader = unpacked(SCRIPT_LOADER) / "require.js"
    body = f'class="{theme}" data-vscode-theme-kind="{theme}"'
    html = _page(
        '<script src="/require.js"></script><script type="module" src="/vscode.js"></script>', body=body
    )
    return Program(
        {
            NOTEBOOK: html,
            f"{NOTEBOOK}require.js": loader,
            f"{NOTEBOOK}ipywidgets.js": unpacked(WIDGETS_OF_VSCODE) / "dist/ipywidgets.js",
            f"{NOTEBOOK}vscode.js": PAGES / "vscode.js",
            f"{NOTEBOOK}kernel.js": PAGES / "kernel.js",
            f"{NOTEBOOK}nbextensions/anywidget/index.js": NBEXTENSIONS / "anywidget/index.js",
        }
    )


def colab(theme: str = "light") -> Program:
    output = (
        '<script src="/require.js"></script><script src="/widgets.js"></script>'
        '<script type="module" src="/output.js"></script>'
    )
    return Program(
        {
            NOTEBOOK: _page('<script type="module" src="/colab.js"></script>', f'theme="{theme}"'),
            f"{NOTEBOOK}colab.js": PAGES / "colab.js",
            f"{NOTEBOOK}kernel.js": PAGES / "kernel.js",
            OUTPUT: _page(output),
            f"{OUTPUT}require.js": unpacked(SCRIPT_LOADER) / "require.js",
            f"{OUTPUT}widgets.js": unpacked(STANDALONE_WIDGETS) / "dist/embed-amd.js",
            f"{OUTPUT}output.js": PAGES / "output.js",
            f"{OUTPUT}kernel.js": PAGES / "kernel.js",
            ANYWIDGET_ON_CDN: unpacked(ANYWIDGET) / "dist/index.js",
        }
    )
