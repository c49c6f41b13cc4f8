"""Secret keys: understood, found, kept, redacted."""

from ppkit.dotenv_file import DotenvUnreadable
from ppkit.keys.apikey import ApiKey, KeyKind, MalformedKey
from ppkit.keys.cleaning import Repair, RepairKind
from ppkit.keys.colab import ColabSecret, ColabSecretNotGranted, ColabSecretNotReached
from ppkit.keys.filestore import FileKeyStore
from ppkit.keys.json_file import KeyFileNotWritten, KeyFileUnreadable
from ppkit.keys.key_refusal import KeyInText, holds_key, presentable, refuse_keys
from ppkit.keys.key_store import DEFAULT_NAME, InvalidKeyName, KeyStore, NoSuchKey
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
from ppkit.keys.modes import foreign_key_in
from ppkit.keys.non_keys import PasteRefusal
from ppkit.keys.pasted_key import PastedKey, Remark, RemarkKind, parse_pasted_key
from ppkit.keys.redaction import redact
from ppkit.keys.saved import SavedKeys, StoredKey, StoringRefused, Where
from ppkit.keys.sources import (
    DotenvLinesPassedOver,
    KeyCandidate,
    KeyChoice,
    SavedKey,
    Source,
    SourceName,
    choose,
    read_only_sources,
)

__all__ = [
    "DEFAULT_NAME",
    "ApiKey",
    "ColabSecret",
    "ColabSecretNotGranted",
    "ColabSecretNotReached",
    "DotenvLinesPassedOver",
    "DotenvUnreadable",
    "FileKeyStore",
    "InvalidKeyName",
    "KeyCandidate",
    "KeyChain",
    "KeyChoice",
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
    "MalformedKey",
    "NoKeyring",
    "NoSuchKey",
    "NotOursToForget",
    "PasteRefusal",
    "PastedKey",
    "Remark",
    "RemarkKind",
    "Repair",
    "RepairKind",
    "SavedKey",
    "SavedKeys",
    "Source",
    "SourceName",
    "StoredKey",
    "StoringRefused",
    "Where",
    "choose",
    "foreign_key_in",
    "holds_key",
    "parse_pasted_key",
    "presentable",
    "read_only_sources",
    "redact",
    "refuse_keys",
    "secure_backend",
]
