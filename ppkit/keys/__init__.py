"""Secret keys: understood, found, kept, redacted."""

from ppkit.dotenv_file import DotenvUnreadable
from ppkit.keys.apikey import ApiKey, KeyKind, MalformedKey
from ppkit.keys.cleaning import Repair, RepairKind
from ppkit.keys.colab import ColabSecret, ColabSecretNotGranted, ColabSecretNotReached
from ppkit.keys.documents import KeyFileNotWritten, KeyFileUnreadable
from ppkit.keys.filestore import FileKeyStore
from ppkit.keys.gate import KeyInText, holds_key, presentable, refuse_keys
from ppkit.keys.keychain import KeyChain, KeyLine, NotOursToForget
from ppkit.keys.keyringstore import (
    KeyringFailed,
    KeyringIsLocked,
    KeyringLostKey,
    KeyringStore,
    KeyTooLongForKeyring,
    NoKeyring,
    secure_backend,
)
from ppkit.keys.lint import Lint, Remark, RemarkKind, lint
from ppkit.keys.other_things import Refusal
from ppkit.keys.redaction import redact
from ppkit.keys.saved import Kept, SavedKeys, StoringRefused, Where
from ppkit.keys.sources import (
    Chosen,
    DotenvLinesPassedOver,
    Found,
    SavedKey,
    Source,
    SourceName,
    choose,
    read_only_sources,
)
from ppkit.keys.store import DEFAULT_NAME, InvalidKeyName, KeyStore, MemoryKeyStore, NoSuchKey
from ppkit.keys.worlds import foreign_key_in

__all__ = [
    "DEFAULT_NAME",
    "ApiKey",
    "Chosen",
    "ColabSecret",
    "ColabSecretNotGranted",
    "ColabSecretNotReached",
    "DotenvLinesPassedOver",
    "DotenvUnreadable",
    "FileKeyStore",
    "Found",
    "InvalidKeyName",
    "Kept",
    "KeyChain",
    "KeyFileNotWritten",
    "KeyFileUnreadable",
    "KeyInText",
    "KeyKind",
    "KeyLine",
    "KeyStore",
    "KeyTooLongForKeyring",
    "KeyringFailed",
    "KeyringIsLocked",
    "KeyringLostKey",
    "KeyringStore",
    "Lint",
    "MalformedKey",
    "MemoryKeyStore",
    "NoKeyring",
    "NoSuchKey",
    "NotOursToForget",
    "Refusal",
    "Remark",
    "RemarkKind",
    "Repair",
    "RepairKind",
    "SavedKey",
    "SavedKeys",
    "Source",
    "SourceName",
    "StoringRefused",
    "Where",
    "choose",
    "foreign_key_in",
    "holds_key",
    "lint",
    "presentable",
    "read_only_sources",
    "redact",
    "refuse_keys",
    "secure_backend",
]
