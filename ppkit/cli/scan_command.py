"""`ppkit scan`: places in which a key is exposed. The report shows where, and of a key its last four only."""

from __future__ import annotations

from pathlib import Path

import click

from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json
from ppkit.keys.scan import ScanReport, lines_about, scan, scan_staged, traces, unread_lines
from ppkit.look.texts import Texts

FOUND = 1
NOT_ALL_READ = 2


@click.command("scan", cls=Command, help="cli.help.scan_long")
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path, allow_dash=True), metavar="PATH…"
)
@click.option("--staged", is_flag=True, help="cli.scan.option.staged")
@click.option("--history", is_flag=True, help="cli.scan.option.history")
@click.option("--home", is_flag=True, help="cli.scan.option.home")
@click.option("--strict", is_flag=True, help="cli.scan.option.strict")
@json_option()
@click.pass_obj
def command(
    texts: Texts,
    paths: tuple[Path, ...],
    *,
    staged: bool,
    history: bool,
    home: bool,
    strict: bool,
    as_json: bool,
) -> int:
    looked_into = _looked_into(paths, home)
    report = scan_staged(looked_into) if staged else scan(looked_into, history=history)
    _tell(report, texts, as_json)
    return FOUND if report.real or (strict and report.examples) else NOT_ALL_READ if report.unread else 0


def _looked_into(paths: tuple[Path, ...], home: bool) -> list[Path]:
    """The paths given, the usual traces if asked for, and this folder when nothing else is."""
    usual = traces(Path.home()) if home else []
    return [*paths, *usual] or [Path()]


def _tell(report: ScanReport, texts: Texts, as_json: bool) -> None:
    if as_json:
        print_json(report.as_json())
    else:
        for line in lines_about(report, texts):
            click.echo(line)
    for line in unread_lines(report, texts):
        click.echo(line, err=True)
