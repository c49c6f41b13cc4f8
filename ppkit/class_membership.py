"""Whether a learner takes part in a class: where its service is, with which token, what it may know.

Four ways lead there: what a hub puts into the environment of its servers, a link pasted into the map of the
course, and the cell or the `.env` of a lesson, whose address and token are those of the calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from ppkit.dotenv_file import DotenvUnreadable, read_dotenv
from ppkit.errors import PpkitError
from ppkit.private_file import PrivateFile
from ppkit.settings import dotenv_path

CLASS_VARIABLE = "PPKIT_CLASS_URL"
"""Set by a hub for its servers; read from the environment alone, since the hub's token is sent there."""

HUB_TOKEN_VARIABLE = "JUPYTERHUB_API_TOKEN"  # noqa: S105  (a name)
ADDRESS_VARIABLE, KEY_VARIABLE = "OPENAI_BASE_URL", "OPENAI_API_KEY"
API_PATH = "/v1"
LONGEST_LINK = 500
FILE = "class.json"
_TOKEN = re.compile(r"sk-class-[a-z0-9]{32}")


class NoClassLink(PpkitError):
    """What was pasted is no link to a class. No facts: it may be somebody's key."""

    code = "no_class_link"


class ClassNotWritten(PpkitError):
    """The class could not be saved; what was saved before is untouched. Facts: path, reason."""

    code = "class_not_written"


@dataclass(frozen=True, slots=True)
class ClassSeat:
    """A place in a class: the address of its service, without a slash at its end, and a token for it."""

    address: str
    token: SecretStr = field(repr=False)

    @classmethod
    def of_link(cls, text: str) -> ClassSeat:
        """From "https://…/#sk-class-…", as the page of whoever has joined shows it. Raises NoClassLink."""
        address, _, token = text.strip().partition("#")
        if len(text) > LONGEST_LINK or not _TOKEN.fullmatch(token) or not _is_address(address):
            raise NoClassLink
        return cls(address.rstrip("/"), SecretStr(token))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept: a link's parts, whether the class is to know nothing, which message was read last, and
    the link of the class that is still to forget what it was told (without a token where none is kept)."""

    address: str = ""
    token: str = field(default="", repr=False)
    is_silent: bool = False
    read: str = ""
    to_forget: str = field(default="", repr=False)


NOTHING_KEPT = _Kept()


class ClassMembership:
    """The class of one data folder, for every notebook. Its link is a secret: a private file holds it, on
    Binder too, where that ends with the session.

    What changes something raises ClassNotWritten.
    """

    def __init__(self, folder: Path, environment: Callable[[], Mapping[str, str]]) -> None:
        """The environment is asked for when needed and not held."""
        self._file = PrivateFile(folder / FILE, ClassNotWritten)
        self._environment = environment
        self._unsaved: _Kept | None = None  # a no that could not be written
        # As of when the files were read last: every window asks with every redraw.
        self._found: tuple[object, _Kept] = None, NOTHING_KEPT
        self._of_dotenv: tuple[object, ClassSeat | None] = None, None

    @property
    def seat(self) -> ClassSeat | None:
        """The class of a pasted link, else the one that the environment or `.env` names. Never raises."""
        kept = self._kept()
        if kept.address and kept.token:
            return ClassSeat(kept.address, SecretStr(kept.token))
        return self._given()

    @property
    def has_link(self) -> bool:
        """Whether it is by a pasted link that the learner is in a class, so that they can leave it here."""
        return bool(self._kept().address)

    @property
    def is_silent(self) -> bool:
        """Whether the learner does not want the class to know their steps."""
        return self._kept().is_silent

    @property
    def read(self) -> str:
        """The moment of the message that the learner has read last, as the class gave it."""
        return self._kept().read

    @property
    def to_forget(self) -> ClassSeat | None:
        """The class that was told no, and is still to forget what it was told."""
        address, _, token = self._kept().to_forget.partition("#")
        if token:
            return ClassSeat(address, SecretStr(token))
        given = self._given() if address else None
        return given if given and given.address == address else None

    def join(self, link: str) -> ClassSeat:
        """Take part in the class of this link, in view. Raises NoClassLink."""
        seat = ClassSeat.of_link(link)
        kept = _Kept(seat.address, seat.token.get_secret_value())
        self._keep(lambda before: replace(kept, to_forget=before.to_forget))
        return seat

    def leave(self) -> None:
        """Forget the link; the class is to forget, too. It holds here even where it cannot be saved."""
        self._keep(_left, anyway=True)

    def end(self, seat: ClassSeat) -> None:
        """The lesson of this seat is over: forget its link, where it is still the one that is kept."""
        kept = seat.address, seat.token.get_secret_value()
        if self.has_link:
            self._keep(lambda now: _ended(now) if (now.address, now.token) == kept else now)

    def be_silent(self, silent: bool) -> None:
        """A no has the class forget; it holds in this process even where it cannot be saved."""
        self._keep(
            lambda before: replace(
                before, is_silent=silent, to_forget=self._owed(before) if silent else before.to_forget
            ),
            anyway=silent,
        )

    def has_forgotten(self) -> None:
        """The class has forgotten what it was told. Holds in this process even where it cannot be saved."""
        self._keep(lambda before: replace(before, to_forget=""), anyway=True)

    def has_read(self, message_at: str) -> None:
        self._keep(lambda before: replace(before, read=message_at))

    def _owed(self, before: _Kept) -> str:
        """Which class is to forget, after a no; a hub's token is in no file, and is not put into one."""
        if before.address:
            return f"{before.address}#{before.token}"
        given = self._given()
        return given.address if given else before.to_forget

    def _given(self) -> ClassSeat | None:
        given = self._environment()
        hub_token = given.get(HUB_TOKEN_VARIABLE, "")
        if hub_token and _is_address(address := given.get(CLASS_VARIABLE, "")):
            return ClassSeat(address.rstrip("/"), SecretStr(hub_token))
        return _seat_of_calls(given, hub_token) or self._in_dotenv()

    def _in_dotenv(self) -> ClassSeat | None:
        path = dotenv_path()
        mark = _mark(path)
        if mark is None:
            return None
        if self._of_dotenv[0] != (path, mark):
            self._of_dotenv = (path, mark), _seat_of_calls(_dotenv(path), "")
        return self._of_dotenv[1]

    def _kept(self) -> _Kept:
        return self._saved() if self._unsaved is None else self._unsaved

    def _saved(self) -> _Kept:
        mark = _mark(self._file.path)
        if mark is None:
            return NOTHING_KEPT
        if self._found[0] != mark:
            self._found = mark, _read(self._file.path)
        return self._found[1]

    def _keep(self, change: Callable[[_Kept], _Kept], *, anyway: bool = False) -> None:
        """`anyway`: it holds in this process also where it cannot be saved, and goes along with the next."""
        if anyway:
            self._unsaved = change(self._kept())
        with self._file.locked():
            kept = change(self._kept())
            self._file.write(json.dumps(asdict(kept)).encode(), wipe_old=True)
        self._unsaved = None


def _seat_of_calls(given: Mapping[str, str], hub_token: str) -> ClassSeat | None:
    """Where calls go to a class, its token stands for their key. Both are of one place: a token is sent
    nowhere but where calls would take it."""
    address, token = given.get(ADDRESS_VARIABLE, "").rstrip("/"), given.get(KEY_VARIABLE, "").strip()
    is_token = bool(_TOKEN.fullmatch(token)) or (bool(token) and token == hub_token)
    if not is_token or not address.endswith(API_PATH) or not _is_address(address):
        return None
    return ClassSeat(address.removesuffix(API_PATH), SecretStr(token))


def _ended(kept: _Kept) -> _Kept:
    return replace(kept, address="", token="", read="")


def _left(kept: _Kept) -> _Kept:
    """Without its link, which is kept until the class has forgotten; twice is as good as once."""
    return replace(_ended(kept), to_forget=f"{kept.address}#{kept.token}") if kept.address else kept


def _read(path: Path) -> _Kept:
    try:
        told = json.loads(path.read_text("utf-8"))
        texts = {name: str(told[name]) for name in ("address", "token", "read", "to_forget")}
        return _Kept(is_silent=bool(told["is_silent"]), **texts)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return _Kept(is_silent=True)  # damaged: it may have held a no


def _mark(path: Path) -> object:
    """What tells one content of a file from the next; None where there is no file."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        return error.errno
    return found.st_ino, found.st_mtime_ns, found.st_size


def _dotenv(path: Path) -> Mapping[str, str]:
    try:
        found = read_dotenv(path).assignments
    except (DotenvUnreadable, OSError):  # reported where keys and settings are read
        return {}
    return {one.name.upper(): one.value for one in found if one.value}


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and not (parts.username or parts.password or parts.query or parts.fragment)
            and text.isascii()
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False
