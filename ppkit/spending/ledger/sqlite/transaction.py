"""What SQLite says otherwise."""

from __future__ import annotations

from ppkit.spending.ledger.transaction import Transaction


class SqliteTransaction(Transaction):
    """A transaction of SQLite."""

    @staticmethod
    def tag_value(parameter: str) -> str:
        return f"""json_extract(tags, '$."' || :{parameter} || '"')"""
