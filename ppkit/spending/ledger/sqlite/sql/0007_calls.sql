-- A call in flight is one row of `reservation`; when it ends, that row becomes its entry. Until now an entry
-- and an open reservation were written beside each other: one statement and one page more for every call.
-- STRICT refuses what a 64-bit overflow turns into, where SQLite would go on with a float.

CREATE TABLE reservation (
  call_id    TEXT PRIMARY KEY,
  at         TEXT NOT NULL,
  pico_usd   INTEGER NOT NULL CHECK (pico_usd >= 0),
  model      TEXT NOT NULL,
  key        TEXT NOT NULL,
  endpoint   TEXT NOT NULL,
  tags       TEXT NOT NULL,
  owner      TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO reservation
SELECT entry.call_id, entry.at, entry.pico_usd, entry.model, entry.key, entry.endpoint, entry.tags, owner,
       expires_at
FROM entry JOIN open_reservation ON open_reservation.call_id = entry.call_id WHERE ends = 0;
DROP TABLE open_reservation;

-- One row when a call ends, with what it had reserved; one more for each correction, which says who and why.
CREATE TABLE ended_entry (
  call_id           TEXT NOT NULL,
  number            INTEGER NOT NULL, -- 1: the call ended, from 2 on: that is corrected
  kind              TEXT NOT NULL CHECK (kind = 'settle' OR kind = 'release' OR kind = 'expire' OR kind = 'adjust'),
  at                TEXT NOT NULL,
  pico_usd          INTEGER NOT NULL CHECK (pico_usd >= 0),
  mark              TEXT CHECK (mark = 'estimated' OR mark = 'ceiling' OR mark = 'overrun' OR mark = 'uncertain'),
  cost_parts        TEXT, -- JSON: every part of the cost that is not zero
  usage             TEXT, -- JSON: every figure of the usage that is not zero
  author            TEXT, -- of a correction: who wrote it
  why               TEXT, -- of a correction: the reason given; of an uncertain call: a word of our own
  reserved_at       TEXT, -- from here on: of the call's first entry only
  reserved_pico_usd INTEGER CHECK (reserved_pico_usd >= 0),
  model             TEXT,
  key               TEXT,
  endpoint          TEXT,
  tags              TEXT,
  PRIMARY KEY (call_id, number),
  CHECK (CASE kind WHEN 'adjust' THEN number > 1 AND author IS NOT NULL AND why IS NOT NULL
         ELSE number = 1 AND reserved_at IS NOT NULL AND reserved_pico_usd IS NOT NULL AND model IS NOT NULL
           AND key IS NOT NULL AND endpoint IS NOT NULL AND tags IS NOT NULL END)
) STRICT, WITHOUT ROWID;
INSERT INTO ended_entry
SELECT later.call_id, later.ends, later.kind, later.at, later.pico_usd, later.mark, later.cost_parts,
       later.usage, later.author, later.why, first.at, first.pico_usd, first.model, first.key, first.endpoint,
       first.tags
FROM entry AS later LEFT JOIN entry AS first ON first.call_id = later.call_id AND first.ends = 0
  AND later.ends = 1
WHERE later.ends > 0;
DROP TABLE entry;
ALTER TABLE ended_entry RENAME TO entry;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
