"""`ppkit class agency`: the part of the agency's file that learners may see, for a hub's accounts."""

from __future__ import annotations

from pathlib import Path

import click

from ppkit.agency import whole_agency, write_learners_part
from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json
from ppkit.errors import PpkitError
from ppkit.look.texts import Texts
from ppkit.onboarding.agency_course import check_course


class AgencyPartNotWritten(PpkitError):
    """The learners' part could not be written where it was to go. Facts: path, reason."""

    code = "agency_part_not_written"


@click.command("agency", cls=Command, help="cli.help.class.agency")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="cli.agency.option.to",
)
@json_option()
@click.pass_obj
def agency(texts: Texts, path: Path, folder: Path, as_json: bool) -> None:
    check_course(whole_agency(path), path)
    try:
        written = write_learners_part(path, folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise AgencyPartNotWritten(path=str(folder), reason=reason) from None
    if as_json:
        print_json({"file": str(written)})
    else:
        click.echo(texts("cli.agency.written", path=written))
