-- A cost counted at its ceiling ("at most …") is told from one estimated by what was seen ("about …").
-- SQLite cannot change a CHECK: the entries move to a table that knows the mark. Earlier ones keep theirs.

CREATE TABLE entry_with_marks (
  number     INTEGER PRIMARY KEY,
  call_id    TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('reserve', 'settle', 'release', 'expire')),
  at         TEXT NOT NULL,
  pico_usd   INTEGER NOT NULL CHECK (typeof(pico_usd) = 'integer' AND pico_usd >= 0),
  model      TEXT,
  key        TEXT,
  endpoint   TEXT,
  tags       TEXT,
  mark       TEXT CHECK (mark IN ('estimated', 'ceiling', 'overrun', 'unknown')),
  cost_parts TEXT, -- JSON: every part of the cost that is not zero
  usage      TEXT  -- JSON: every figure of the usage that is not zero
);
INSERT INTO entry_with_marks
SELECT number, call_id, kind, at, pico_usd, model, key, endpoint, tags, mark, cost_parts, usage FROM entry;
DROP TABLE entry;
ALTER TABLE entry_with_marks RENAME TO entry;

CREATE UNIQUE INDEX entry_reserves_once ON entry (call_id) WHERE kind = 'reserve';
CREATE UNIQUE INDEX entry_ends_once ON entry (call_id) WHERE kind <> 'reserve';

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
