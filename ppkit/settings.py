"""Settings: the environment, then `.env` in the working folder, then `config.toml` in the data folder.

The first place that names a setting wins. Secret keys are not settings: `ppkit.keys.sources` reads them.
"""

from __future__ import annotations

import difflib
import locale
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Literal, cast, get_args

from dotenv.main import resolve_variables
from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from ppkit.dotenv_file import read_dotenv
from ppkit.errors import InvalidSettings, PpkitError
from ppkit.files import make_private_folder, text_encoding
from ppkit.keys.key_refusal import KeyInText, holds_key, refuse_keys
from ppkit.mail_server import MailServer
from ppkit.mode import Mode

PREFIX = "PPKIT_"
WORKING_FOLDER_VARIABLE = "PPKIT_WORKING_FOLDER"
SQLITE = "sqlite://"
PRICES_FILE = "ppkit-prices.toml"
AGENCY_FILE = "agency.toml"
_SECRET_KEYS = frozenset({"OPENAI_API_KEY", "OPENAI_ADMIN_KEY"})
_LONGEST_SHOWN_NAME = 32

Language = Literal["it", "en"]
ProjectTier = Literal["default", "flex", "priority"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting comes from; the texts are "common.origin.<place>". `line` is one of `.env`."""

    place: Literal["environment", "dotenv", "config", "program"]
    line: int | None = None

    @property
    def facts(self) -> dict[str, object]:
        """For an error: origin, and line where there is one."""
        return {"origin": self.place} if self.line is None else {"origin": self.place, "line": self.line}


class ImpossibleSetting(InvalidSettings):
    """A setting holds what it cannot be. Facts: name, reason, origin, line (of `.env`)."""

    code = "impossible_setting"


class UnknownSetting(PpkitError):
    """`config.toml` names something that is no setting. Facts: name."""

    code = "unknown_setting"


class MisspeltSetting(PpkitError):
    """The same, where one name comes near. Facts: name, nearest."""

    code = "misspelt_setting"


class KeyInConfigFile(PpkitError):
    """`config.toml` holds a secret key, which is not read from there. Facts: name."""

    code = "key_in_config_file"


class KeyInSetting(InvalidSettings):
    """A secret key stands where a setting's value belongs; nothing was done with it.

    Facts: name, origin, line (of `.env`).
    """

    code = "key_in_setting"


class LedgerInMemory(PpkitError):
    """The ledger's address keeps it in the memory of one process, so that no other could count with it."""

    code = "ledger_in_memory"


def default_home() -> Path:
    """The data folder when none is named: the platform's own place."""
    return user_data_path("ppkit", appauthor=False)


def language_of_locale() -> Language:
    """Italian for an Italian locale, else English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    spoken = spoken or locale.getlocale()[0] or ""
    return "it" if spoken.lower().startswith("it") else "en"


class Settings(BaseSettings):
    """What the user, the class or the machine has chosen. Names are the fields' with the prefix `PPKIT_`
    (OpenAI's own stay as the SDK reads them); `config.toml` takes the bare field names too."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    home: Path = Field(default_factory=default_home)
    mode: Mode = "practice"
    language: Language = Field(default_factory=language_of_locale)
    ledger_url: str | None = Field(default=None, repr=False)  # may hold a database's password
    smtp_url: SecretStr | None = None
    alert_to: str | None = None
    class_reports: bool = True
    project_tier: ProjectTier = "default"
    prices: Path | None = None
    agency: Path | None = None
    base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    organization: str | None = Field(default=None, validation_alias="OPENAI_ORG_ID")
    project: str | None = Field(default=None, validation_alias="OPENAI_PROJECT_ID")

    @model_validator(mode="before")
    @classmethod
    def _without_keys(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Raises KeyInSetting: a folder would bear its name, an address be quoted in an error.

        Not for the mail server's address, which may hold one for a password and is never shown.
        """
        for documented, name in _field_by_name().items():
            try:
                shown = [str(given.get(each) or "") for each in (documented, name) if name != "smtp_url"]
                # A database's password may look like one, and is never shown either.
                refuse_keys(
                    name, [text.rpartition("@")[2] if name == "ledger_url" else text for text in shown]
                )
            except KeyInText:
                raise KeyInSetting(name=name, origin="program", line=None) from None
        return given

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("smtp_url")
    @classmethod
    def _of_a_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        """Raises InvalidMailUrl now, rather than when a mail is due, unseen."""
        if url is not None:
            MailServer.from_url(url.get_secret_value())
        return url

    @property
    def prices_file(self) -> Path:
        """The user's own prices: the file chosen, else one in the working folder, else in the data folder."""
        if self.prices is not None:
            return self.prices.expanduser().absolute()
        here = dotenv_path().with_name(PRICES_FILE)
        return here if here.is_file() else self.home / PRICES_FILE

    @property
    def agency_file(self) -> Path:
        """What says whose clients and classes these are: the file chosen, else one in the data folder."""
        return self.home / AGENCY_FILE if self.agency is None else self.agency.expanduser().absolute()

    @property
    def mode_home(self) -> Path:
        """Where this mode keeps its own things: practice and live never share a file."""
        return self.home / self.mode

    @property
    def resolved_ledger_url(self) -> str:
        """The ledger's address: the one chosen, else a file of this mode's own. Raises LedgerInMemory."""
        return self.full_ledger_url(self.ledger_url or f"{SQLITE}/ledger.sqlite3")

    def full_ledger_url(self, url: str) -> str:
        """An address of a ledger with its whole path.

        A relative path is meant from this mode's data folder: from the working folder, each folder would have
        a ledger, and so a hard limit, of its own. Raises LedgerInMemory.
        """
        if not url.startswith(SQLITE):
            return url
        if url.removeprefix(SQLITE).lstrip("/").partition("?")[0] in {"", ":memory:"}:
            raise LedgerInMemory
        path = url.removeprefix(f"{SQLITE}/")
        return url if path == url else f"{SQLITE}/{self.mode_home / path}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (ours reads what people really write)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        from_dotenv = InitSettingsSource(settings_cls, _from_dotenv())
        named = {**from_dotenv(), **env_settings(), **init_settings()}
        home = Path(named.get("home") or default_home()).expanduser()
        return (
            init_settings,
            env_settings,
            from_dotenv,
            InitSettingsSource(settings_cls, _config_file(home / "config.toml")),
        )


def _from_dotenv() -> dict[str, Any]:
    """What `.env` sets, by field, with `${NAME}` filled in. Raises DotenvUnreadable."""
    assigned = read_dotenv(dotenv_path()).assignments
    values = resolve_variables(
        [(one.name.upper(), one.value) for one in assigned if one.value], override=False
    )
    return {field: values[name] for name, field in _documented_names().items() if values.get(name)}


def origin_of(name: str) -> Origin | None:
    """Where the setting of this documented name comes from; None when it is not set.

    Raises what `load_settings` raises of files that cannot be read.
    """
    outside = _origin_outside_config(name)
    if outside:
        return outside
    written = _config_file(load_settings().home / "config.toml")
    return Origin("config") if _documented_names()[name] in written else None


def _origin_outside_config(name: str) -> Origin | None:
    if any(value and key.upper() == name for key, value in os.environ.items()):
        return Origin("environment")
    assigned = read_dotenv(dotenv_path()).get(name)
    return Origin("dotenv", assigned.line) if assigned else None


def _config_file(path: Path) -> dict[str, Any]:
    """What `config.toml` holds, by field; nothing when there is none.

    Raises UnknownSetting, MisspeltSetting, KeyInConfigFile, InvalidSettings for a setting that stands there
    under both its names, and what reading a file and TOML raise.
    """
    if not path.is_file():
        return {}
    written = tomllib.loads(path.read_text(encoding=text_encoding(path)))
    fields = _field_by_name()
    found: dict[str, Any] = {}
    for name, value in written.items():
        if name not in fields:
            raise _not_a_setting(name, fields, is_table=isinstance(value, dict))
        if fields[name] in found:
            raise InvalidSettings(name=fields[name], reason=f"config.toml: {fields[name]}, {name}")
        found[fields[name]] = value
    return found


def _field_by_name() -> dict[str, str]:
    """Every name that `config.toml` may use: the documented ones, and the bare fields."""
    documented = _documented_names()
    return documented | {name: name for name in documented.values()}


def _documented_names() -> dict[str, str]:
    """The field of every name that stands in the environment and in `.env`."""
    return {
        str(field.validation_alias or PREFIX + name.upper()): name
        for name, field in Settings.model_fields.items()
    }


def _not_a_setting(name: str, fields: dict[str, str], *, is_table: bool) -> PpkitError:
    if name in _SECRET_KEYS:
        return KeyInConfigFile(name=name)
    shown = _shown_name(name)
    known = {each.upper(): each for each in fields}
    near = [] if is_table else difflib.get_close_matches(name.upper(), known, n=1)
    return MisspeltSetting(name=shown, nearest=known[near[0]]) if near else UnknownSetting(name=shown)


def _shown_name(name: str) -> str:
    """What is longer than any setting's name may be a key that was pasted in the name's place."""
    return f"{name[:4]}…" if len(name) > _LONGEST_SHOWN_NAME or holds_key(name) else name


def dotenv_path() -> Path:
    """`.env` of the working folder: the one `ppkit start` was typed in, else the current one.

    Notebooks run in a folder of their own, so `ppkit start` passes its own on in PPKIT_WORKING_FOLDER.
    """
    return Path(os.environ.get(WORKING_FOLDER_VARIABLE, "."), ".env")


def load_settings(**chosen: object) -> Settings:
    """The settings in force; `chosen` values win over every source.

    Raises InvalidSettings (ImpossibleSetting, with where it comes from), which names the setting, never its
    value: the value may be a secret, and KeyInSetting where one stands in it; DotenvUnreadable; for a mail
    server's address InvalidMailUrl; and for names in `config.toml` UnknownSetting, MisspeltSetting,
    KeyInConfigFile.
    """
    try:
        return Settings(**chosen)  # type: ignore[arg-type]
    except KeyInSetting as error:
        field = str(error.facts["name"])
        documented = next((each for each, named in _documented_names().items() if named == field), field)
        raise KeyInSetting(name=documented, **_origin_of_field(field, chosen).facts) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name, reason = ".".join(str(part) for part in first["loc"]), first["msg"]
    except (tomllib.TOMLDecodeError, UnicodeError, OSError) as error:
        raise InvalidSettings(name="config.toml", reason=type(error).__name__) from None
    # Raised outside: what pydantic raises carries the value.
    raise ImpossibleSetting(name=name, reason=reason, **_origin_of_field(name, chosen).facts) from None


def _origin_of_field(field: str, chosen: dict[str, object]) -> Origin:
    """Where a field's value comes from, found without the settings, which cannot be made."""
    name = next((name for name, each in _documented_names().items() if field in {name, each}), None)
    if field in chosen or name is None:
        return Origin("program")
    return _origin_outside_config(name) or Origin("config")


def language_in(folder: PurePath) -> Language:
    """The language of this folder: lessons live in folders named after theirs; else the user's."""
    if folder.name in get_args(Language):
        return cast(Language, folder.name)
    try:
        return load_settings().language
    except PpkitError:
        return language_of_locale()


def make_home(settings: Settings) -> Path:
    """The data folder of this mode, made owner-only when it is new.

    Raises InvalidSettings when it cannot be made.
    """
    for folder in (settings.home, settings.mode_home):
        try:
            make_private_folder(folder)
        except OSError as error:
            raise InvalidSettings(name="home", reason=f"{folder}: {error.strerror}") from None
    return settings.mode_home
