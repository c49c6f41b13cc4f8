"""What learners may see of the agency's file, as a file of its own: no clients, no terms of business."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ppkit.agency.agency import Agency, Logo
from ppkit.agency.agency_file import FILE_NAME, AgencyFileInvalid, read_agency
from ppkit.errors import PpkitError
from ppkit.files import make_private_folder, text_encoding, write_private

_LOGOS = {"image/png": "logo.png", "image/jpeg": "logo.jpg"}
_MARK = "# Learners' part of the agency's file. It is written anew each time: changes made here are lost."


class AgencyFolderTaken(PpkitError):
    """The folder for the learners' part has a file that the part would replace. Facts: folder, path."""

    code = "agency_folder_taken"


def write_learners_part(source: Path, folder: Path) -> Path:
    """Write `agency.toml` and the logo into this folder, readable for every account; returns the file.

    It has name, logo, colours, welcome, course and plan. A folder that is there already keeps its mode.
    Raises AgencyFileInvalid, AgencyFolderTaken, OSError.
    """
    agency = whole_agency(source)
    logo = agency.logo
    part = {FILE_NAME: learners_text(agency).encode()}
    if logo is not None:  # first, since the file names it
        part = {_LOGOS[logo.media_type]: logo.content} | part
    was_there = _is_learners_part(folder)
    _refuse_taken(source, folder, {} if was_there else part)
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    for name, content in part.items():
        _write_open(folder / name, content)
    for name in _LOGOS.values() if was_there else ():
        if name not in part:
            (folder / name).unlink(missing_ok=True)
    return folder / FILE_NAME


def remove_copies(part: Path, whole: Path, source: Path | None) -> None:
    """What a hub's earlier start has left of the learners' part, and of the whole file for its service.

    Raises AgencyFolderTaken where `source`, the agency's own file, lies among it, and OSError.
    """
    if source is not None:
        _refuse_taken(source, part, {})
        if any(path.is_relative_to(whole.resolve()) for path in _places_of(source)):
            raise AgencyFolderTaken(folder=str(whole), path=str(source))
    if _is_learners_part(part):  # else it is none of ours
        for name in (FILE_NAME, *_LOGOS.values()):
            (part / name).unlink(missing_ok=True)
    if whole.is_dir():
        shutil.rmtree(whole)


def _refuse_taken(source: Path, folder: Path, part: Mapping[str, bytes]) -> None:
    """A logo with the same content was left by a run that was cut off."""
    if folder.resolve() in _places_of(source):
        raise AgencyFolderTaken(folder=str(folder), path=str(source))
    for name, content in part.items():
        path = folder / name
        if path.exists() and (name == FILE_NAME or not path.is_file() or path.read_bytes() != content):
            raise AgencyFolderTaken(folder=str(folder), path=str(path))


def _places_of(source: Path) -> set[Path]:
    """The folder of the file, and of the link that leads to it: its logo lies there."""
    return {source.parent.resolve(), source.resolve().parent}


def _is_learners_part(folder: Path) -> bool:
    path = folder / FILE_NAME
    return path.is_file() and path.read_bytes().startswith(_MARK.encode())


def whole_agency(source: Path) -> Agency:
    """What a file says that has to be there. Raises AgencyFileInvalid."""
    if not source.is_file():
        raise AgencyFileInvalid("unreadable", source)
    return read_agency(source)


def is_open_with_business(source: Path) -> bool:
    """Whether other accounts of this machine can read a file that says more than learners may see.

    A group may hold anybody, so its right to read counts, too. Raises AgencyFileInvalid.
    """
    agency = whole_agency(source)
    says_more = bool(agency.clients or agency.markup or agency.currency)
    path = source.resolve()
    return (
        says_more
        and bool(path.stat().st_mode & 0o044)
        and all(folder.stat().st_mode & 0o011 for folder in path.parents)
    )


def learners_text(agency: Agency) -> str:
    """The file's text."""
    colours, plan = agency.colours, agency.plan
    return "\n".join(
        (
            _MARK,
            *_lines({"name": agency.name, "logo": _logo_name(agency.logo), "welcome": agency.welcome}),
            *_table("[colours]", {"brand": colours.brand, "brand_dark": colours.brand_dark}),
            *_table("[course]", {"hide": sorted(agency.hidden)}),
            *(
                line
                for one in agency.added
                for line in _table("[[course.add]]", {"title": one.title, "file": one.file})
            ),
            *_table("[plan]", {"credits": plan.credits, "text": plan.text, "image": plan.image}),
            "",
        )
    )


def _logo_name(logo: Logo | None) -> str | None:
    return None if logo is None else _LOGOS[logo.media_type]


def _table(head: str, values: Mapping[str, object]) -> Iterator[str]:
    yield from ("", head, *_lines(values))


def _lines(values: Mapping[str, object]) -> Iterator[str]:
    """JSON's texts, numbers and lists are TOML's, but for one sign that only TOML wants escaped."""
    for name, value in values.items():
        if value is not None:
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")


def _write_open(path: Path, content: bytes) -> None:
    write_private(path, content)
    path.chmod(0o644)


def copy_whole(source: Path, folder: Path, group: str | None) -> Path:
    """Copy the file and its logo for one group of the system and the caller; None: for the caller alone.

    Raises AgencyFileInvalid, OSError, LookupError (no such group).
    """
    logo = whole_agency(source).logo
    make_private_folder(folder)
    names = [source.name, *([_logo_file(source)] if logo is not None else [])]
    for name in names:
        write_private(folder / name, (source.parent / name).read_bytes())
    if group is not None:
        import grp  # lazy: there is none on Windows

        # The service reads by a group and owns nothing here: it could put a link in this function's way. The
        # group is named, since an account's first one may be shared with the learners' accounts.
        number = grp.getgrnam(group).gr_gid
        for path in (folder, *(folder / name for name in names)):
            shutil.chown(path, group=number)
            path.chmod(0o750 if path is folder else 0o640)
    return folder / source.name


def _logo_file(source: Path) -> str:
    """The logo's name, in a file that has one."""
    return str(tomllib.loads(source.read_text(text_encoding(source)))["logo"]).strip()
