"""Settings: the environment, then `.env` in the working folder, then `config.toml` in the data folder.

The first place that names a setting wins. Secret keys are not settings: `ppkit.keys.sources` reads them.
"""

from __future__ import annotations

import locale
import os
import tomllib
from pathlib import Path, PurePath
from typing import Literal, cast, get_args

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ppkit.errors import InvalidSettings
from ppkit.files import text_encoding

WORKING_FOLDER_VARIABLE = "PPKIT_WORKING_FOLDER"

Mode = Literal["practice", "live"]
Language = Literal["it", "en"]
ProjectTier = Literal["default", "flex", "priority"]


def default_home() -> Path:
    """The data folder when nobody names one: the platform's own place."""
    return user_data_path("ppkit", appauthor=False)


def language_of_locale() -> Language:
    """Italian for an Italian locale, else English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    spoken = spoken or locale.getlocale()[0] or ""
    return "it" if spoken.lower().startswith("it") else "en"


class Settings(BaseSettings):
    """What the person, the class or the machine has chosen. Field names are the names in `config.toml`;
    in the environment they carry the prefix `PPKIT_` (OpenAI's own names stay as the SDK reads them)."""

    model_config = SettingsConfigDict(
        env_prefix="PPKIT_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    home: Path = Field(default_factory=default_home)
    mode: Mode = "practice"
    language: Language = Field(default_factory=language_of_locale)
    ledger_url: str | None = Field(default=None, repr=False)  # may hold a database's password
    smtp_url: SecretStr | None = None
    alert_to: str | None = None
    project_tier: ProjectTier = "default"
    base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    organization: str | None = Field(default=None, validation_alias="OPENAI_ORG_ID")
    project: str | None = Field(default=None, validation_alias="OPENAI_PROJECT_ID")

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @property
    def mode_home(self) -> Path:
        """Where this mode keeps its own things: practice and live never share a file."""
        return self.home / self.mode

    @property
    def resolved_ledger_url(self) -> str:
        """The ledger's address: the one chosen, else a SQLite file of this mode's own."""
        return self.ledger_url or f"sqlite:///{self.mode_home / 'ledger.sqlite3'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        named = {**dotenv_settings(), **env_settings(), **init_settings()}
        home = Path(named.get("home") or default_home()).expanduser()
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            TomlConfigSettingsSource(settings_cls, home / "config.toml"),
        )


def dotenv_path() -> Path:
    """`.env` of the working folder: the one `ppkit start` was typed in, else the current one.

    Notebooks run in a folder of their own, so `ppkit start` tells them in PPKIT_WORKING_FOLDER.
    """
    return Path(os.environ.get(WORKING_FOLDER_VARIABLE, "."), ".env")


def load_settings(**chosen: object) -> Settings:
    """The settings in force; `chosen` values win over every source.

    Raises InvalidSettings, which names the setting and never its value: the value may be a secret.
    """
    dotenv = dotenv_path()
    try:
        encoding = text_encoding(dotenv) if dotenv.is_file() else None
        return Settings(_env_file=dotenv, _env_file_encoding=encoding, **chosen)  # type: ignore[call-arg, arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidSettings(
            name=".".join(str(part) for part in first["loc"]), reason=first["msg"]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeError, OSError) as error:
        name = "config.toml" if _is_readable(dotenv) else ".env"
        raise InvalidSettings(name=name, reason=type(error).__name__) from None


def _is_readable(path: Path) -> bool:
    try:
        if path.is_file():
            path.read_text(encoding=text_encoding(path))
    except (OSError, UnicodeError):
        return False
    return True


def language_in(folder: PurePath) -> Language:
    """The language of this folder: lessons live in folders named after theirs; else the person's."""
    if folder.name in get_args(Language):
        return cast(Language, folder.name)
    try:
        return load_settings().language
    except InvalidSettings:
        return language_of_locale()


def make_home(settings: Settings) -> Path:
    """The data folder of this mode, made owner-only when it is new.

    Raises InvalidSettings when it cannot be made.
    """
    for folder in (settings.home, settings.mode_home):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidSettings(name="home", reason=f"{folder}: {error.strerror}") from None
    return settings.mode_home
