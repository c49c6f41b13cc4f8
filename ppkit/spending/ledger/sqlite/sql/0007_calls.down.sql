-- Back to an entry for each reservation, beside the row of one that is open.

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
INSERT INTO open_reservation
SELECT call_id, substr(at, 1, 7), substr(at, 1, 10), pico_usd, model, key, tags, owner, expires_at FROM reservation;

CREATE TABLE entry_of_both (
  call_id    TEXT NOT NULL,
  ends       INTEGER NOT NULL, -- 0: the call reserves, 1: its reservation ends, from 2 on: that is corrected
  kind       TEXT NOT NULL CHECK (kind = 'reserve' OR kind = 'settle' OR kind = 'release' OR kind = 'expire'
                                  OR kind = 'adjust'),
  at         TEXT NOT NULL,
  pico_usd   INTEGER NOT NULL CHECK (typeof(pico_usd) = 'integer' AND pico_usd >= 0),
  model      TEXT,
  key        TEXT,
  endpoint   TEXT,
  tags       TEXT,
  mark       TEXT CHECK (mark = 'estimated' OR mark = 'ceiling' OR mark = 'overrun' OR mark = 'uncertain'),
  cost_parts TEXT, -- JSON: every part of the cost that is not zero
  usage      TEXT, -- JSON: every figure of the usage that is not zero
  author     TEXT, -- of an adjusting entry: who wrote it
  why        TEXT, -- of an adjusting entry: the reason given; of an uncertain one: a word of our own
  PRIMARY KEY (call_id, ends),
  CHECK (CASE kind WHEN 'reserve' THEN ends = 0 WHEN 'adjust' THEN ends > 1 ELSE ends = 1 END),
  CHECK (kind <> 'adjust' OR (author IS NOT NULL AND why IS NOT NULL))
) WITHOUT ROWID;
INSERT INTO entry_of_both
SELECT call_id, 0, 'reserve', at, pico_usd, model, key, endpoint, tags, NULL, NULL, NULL, NULL, NULL FROM reservation;
INSERT INTO entry_of_both
SELECT call_id, 0, 'reserve', reserved_at, reserved_pico_usd, model, key, endpoint, tags, NULL, NULL, NULL, NULL, NULL
FROM entry WHERE number = 1;
INSERT INTO entry_of_both
SELECT call_id, number, kind, at, pico_usd, NULL, NULL, NULL, NULL, mark, cost_parts, usage, author, why FROM entry;
DROP TABLE reservation;
DROP TABLE entry;
ALTER TABLE entry_of_both RENAME TO entry;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
