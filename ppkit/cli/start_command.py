"""`ppkit start`: the practice platform and JupyterLab, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path

import click

from ppkit.cli.command import Command, one_of
from ppkit.clock import SystemClock
from ppkit.look.texts import Texts
from ppkit.settings import load_settings
from ppkit.start.lab import DEFAULT_PORT, PAGES, View
from ppkit.start.run import FOLDER, StartOptions, start


@click.command("start", cls=Command, help="cli.help.start")
@click.option("--language", type=one_of("it", "en"), help="cli.start.option.language")
@click.option("--no-browser", is_flag=True, help="cli.start.option.no_browser")
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, help="cli.start.option.port")
@click.option("--view", type=one_of(*PAGES), default="jupyterlab", help="cli.start.option.view")
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, help="cli.start.option.folder")
@click.pass_obj
def command(
    texts: Texts, *, language: str | None, no_browser: bool, port: int, view: View, folder: Path
) -> None:
    settings = load_settings(**({"language": language} if language else {}))
    options = StartOptions(folder=folder, port=port, browser=not no_browser, view=view)
    start(settings, options, texts, click.echo, SystemClock())
