"""The ledger in a PostgreSQL database, which many machines may share."""
