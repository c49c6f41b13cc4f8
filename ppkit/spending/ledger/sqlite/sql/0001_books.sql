-- The books: entries that only grow, and sums kept in the same transaction.
-- Amounts are whole pico-dollars (10^-12 USD). Moments are text in UTC. CHECKs on typeof refuse what a
-- 64-bit overflow turns into: SQLite would silently go on with a float.

PRAGMA application_id = 1886415980; -- "ppkl": this file is a ppkit ledger

-- One row when a call reserves, one when its reservation ends. `pico_usd` is the amount held or the cost.
CREATE TABLE entry (
  number     INTEGER PRIMARY KEY,
  call_id    TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('reserve', 'settle', 'release', 'expire')),
  at         TEXT NOT NULL,
  pico_usd   INTEGER NOT NULL CHECK (typeof(pico_usd) = 'integer' AND pico_usd >= 0),
  model      TEXT,
  key        TEXT,
  endpoint   TEXT,
  tags       TEXT,
  mark       TEXT CHECK (mark IN ('estimated', 'overrun', 'unknown')),
  cost_parts TEXT, -- JSON: every part of the cost that is not zero
  usage      TEXT  -- JSON: every figure of the usage that is not zero
);
CREATE UNIQUE INDEX entry_reserves_once ON entry (call_id) WHERE kind = 'reserve';
CREATE UNIQUE INDEX entry_ends_once ON entry (call_id) WHERE kind <> 'reserve';

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

-- Reservations under way: exactly the reserve entries without an ending.
CREATE TABLE open_reservation (
  call_id    TEXT PRIMARY KEY,
  month      TEXT NOT NULL,
  day        TEXT NOT NULL,
  pico_usd   INTEGER NOT NULL CHECK (typeof(pico_usd) = 'integer' AND pico_usd >= 0),
  model      TEXT NOT NULL,
  key        TEXT NOT NULL,
  tags       TEXT NOT NULL,
  owner      TEXT NOT NULL,
  expires_at TEXT NOT NULL
) WITHOUT ROWID;

-- One row per month and scope: spent = sum of endings, reserved = sum of open reservations.
CREATE TABLE month (
  month            TEXT NOT NULL,
  scope            TEXT NOT NULL,
  spent_pico_usd    INTEGER NOT NULL CHECK (typeof(spent_pico_usd) = 'integer' AND spent_pico_usd >= 0),
  reserved_pico_usd INTEGER NOT NULL CHECK (typeof(reserved_pico_usd) = 'integer' AND reserved_pico_usd >= 0),
  unknown_pico_usd  INTEGER NOT NULL CHECK (typeof(unknown_pico_usd) = 'integer' AND unknown_pico_usd >= 0),
  calls            INTEGER NOT NULL CHECK (calls >= 0),
  PRIMARY KEY (month, scope)
) WITHOUT ROWID;

-- What reports read: the day (UTC) is the reservation's, so that the days of a month add up to the month.
CREATE TABLE daily (
  day           TEXT NOT NULL,
  model         TEXT NOT NULL,
  key           TEXT NOT NULL,
  tags          TEXT NOT NULL,
  calls         INTEGER NOT NULL,
  input_tokens  INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cost_pico_usd INTEGER NOT NULL CHECK (typeof(cost_pico_usd) = 'integer' AND cost_pico_usd >= 0),
  PRIMARY KEY (day, model, key, tags)
) WITHOUT ROWID;

CREATE TABLE spending_limit (
  scope         TEXT PRIMARY KEY,
  soft_pico_usd INTEGER CHECK (typeof(soft_pico_usd) IN ('integer', 'null') AND soft_pico_usd >= 0),
  hard_pico_usd INTEGER CHECK (typeof(hard_pico_usd) IN ('integer', 'null') AND hard_pico_usd >= 0),
  CHECK (soft_pico_usd <= hard_pico_usd)
) WITHOUT ROWID;

-- The outbox of soft-limit mails: once per month, scope and threshold.
CREATE TABLE alert (
  id                 INTEGER PRIMARY KEY,
  month              TEXT NOT NULL,
  scope              TEXT NOT NULL,
  threshold_pico_usd INTEGER NOT NULL,
  spent_pico_usd     INTEGER NOT NULL,
  queued_at          TEXT NOT NULL,
  claimed_until      TEXT,
  sent_at            TEXT,
  UNIQUE (month, scope, threshold_pico_usd)
);
