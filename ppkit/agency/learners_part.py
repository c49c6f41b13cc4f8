"""What learners may see of the agency's file, as a file of its own: no clients, no terms of business."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ppkit.agency.agency import Agency, Logo
from ppkit.agency.agency_file import FILE_NAME, AgencyFileInvalid, read_agency
from ppkit.files import make_private_folder, text_encoding, write_private

_LOGOS = {"image/png": "logo.png", "image/jpeg": "logo.jpg"}


def write_learners_part(source: Path, folder: Path) -> Path:
    """Write `agency.toml` and the logo into this folder, readable for every account; returns the file.

    It has name, logo, colours, welcome, course and plan. Raises AgencyFileInvalid, OSError.
    """
    agency = whole_agency(source)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for logo in _LOGOS.values():
        (folder / logo).unlink(missing_ok=True)
    if agency.logo is not None:
        _write_open(folder / _LOGOS[agency.logo.media_type], agency.logo.content)
    _write_open(folder / FILE_NAME, learners_text(agency).encode())
    return folder / FILE_NAME


def whole_agency(source: Path) -> Agency:
    """What a file says that has to be there. Raises AgencyFileInvalid."""
    if not source.is_file():
        raise AgencyFileInvalid("unreadable", source)
    return read_agency(source)


def is_open_with_business(source: Path) -> bool:
    """Whether every account of this machine can read a file that says more than learners may see.

    Raises AgencyFileInvalid.
    """
    agency = whole_agency(source)
    says_more = bool(agency.clients or agency.markup or agency.currency)
    path = source.resolve()
    return (
        says_more
        and bool(path.stat().st_mode & 0o004)
        and all(folder.stat().st_mode & 0o001 for folder in path.parents)
    )


def learners_text(agency: Agency) -> str:
    """The file's text."""
    colours, plan = agency.colours, agency.plan
    return "\n".join(
        (
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


def copy_whole(source: Path, folder: Path, account: str | None) -> Path:
    """Copy the file and its logo for one account of the system and the caller; None: for the caller alone.

    Raises AgencyFileInvalid, OSError, LookupError (no such account).
    """
    logo = whole_agency(source).logo
    make_private_folder(folder)
    names = [source.name, *([_logo_file(source)] if logo is not None else [])]
    for name in names:
        write_private(folder / name, (source.parent / name).read_bytes())
    if account is not None:
        import pwd  # lazy: there is none on Windows

        # The account reads by its group and owns nothing here: it could put a link in this function's way.
        group = pwd.getpwnam(account).pw_gid
        for path in (folder, *(folder / name for name in names)):
            shutil.chown(path, group=group)
            path.chmod(0o750 if path is folder else 0o640)
    return folder / source.name


def _logo_file(source: Path) -> str:
    """The logo's name, in a file that has one."""
    return str(tomllib.loads(source.read_text(text_encoding(source)))["logo"]).strip()
