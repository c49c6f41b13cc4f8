"""Secret keys: understood, kept, redacted."""

from ppkit.keys.apikey import ApiKey, KeyKind, MalformedKey
from ppkit.keys.cleaning import Repair, RepairKind
from ppkit.keys.lint import Lint, Refusal, lint
from ppkit.keys.redaction import RedactingFilter, guard_handlers, redact
from ppkit.keys.sources import Chosen, Found, Source, SourceName, choose, standard_sources
from ppkit.keys.store import (
    FileKeyStore,
    KeyFileNotWritten,
    KeyFileUnreadable,
    KeyStore,
    MemoryKeyStore,
    SavedKey,
)
from ppkit.keys.worlds import foreign_key_in

__all__ = [
    "ApiKey",
    "Chosen",
    "FileKeyStore",
    "Found",
    "KeyFileNotWritten",
    "KeyFileUnreadable",
    "KeyKind",
    "KeyStore",
    "Lint",
    "MalformedKey",
    "MemoryKeyStore",
    "RedactingFilter",
    "Refusal",
    "Repair",
    "RepairKind",
    "SavedKey",
    "Source",
    "SourceName",
    "choose",
    "foreign_key_in",
    "guard_handlers",
    "lint",
    "redact",
    "standard_sources",
]
