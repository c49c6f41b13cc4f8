"""The address of a PostgreSQL ledger: what is connected with, and what of it may be shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ppkit.spending.ledger.errors import LedgerUnsupported

SCHEMES = ("postgresql+psycopg://", "postgresql://")
OWN_SCHEMA = "ppkit"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """`conninfo` is libpq's and holds the password; `shown` has neither user nor password."""

    conninfo: str = field(repr=False)
    shown: str
    schema: str | None
    """The schema that the ledger makes for itself; None where the address names a search_path."""

    @classmethod
    def of(cls, url: str) -> PostgresAddress:
        """Raises LedgerUnsupported for what libpq cannot read, or what might show a part of a password."""
        scheme = url.partition(":")[0]
        rest = next((url.removeprefix(each) for each in SCHEMES if url.startswith(each)), None)
        if rest is None:
            raise LedgerUnsupported(scheme=scheme)
        try:
            parts = {name: str(value) for name, value in conninfo_to_dict(f"postgresql://{rest}").items()}
        except psycopg.Error:
            raise LedgerUnsupported(scheme=scheme) from None  # it may quote the password
        host, port, database = parts.get("host", ""), parts.get("port", ""), parts.get("dbname", "")
        # An unescaped "/" or "@" in a password moves its rest into these.
        if any("@" in part for part in (host, database)) or not all(
            map(str.isdigit, filter(None, port.split(",")))
        ):
            raise LedgerUnsupported(scheme=scheme)
        place = host + (f":{port}" if port else "")
        schema = None if "search_path" in parts.get("options", "") else OWN_SCHEMA
        return cls(f"postgresql://{rest}", f"{scheme}://{place}/{database}", schema)
