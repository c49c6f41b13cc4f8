-- Every entry says again what its call has in common with others, and sums are kept by day alone.

CREATE TABLE entry_by_itself (
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
INSERT INTO entry_by_itself
SELECT call_id, number, kind,
       strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06d+00:00', at % 1000000),
       pico_usd, mark, cost_parts, usage, author, why,
       strftime('%Y-%m-%dT%H:%M:%S', reserved_at / 1000000, 'unixepoch')
         || printf('.%06d+00:00', reserved_at % 1000000),
       reserved_pico_usd, model, key, endpoint, tags
FROM entry LEFT JOIN series ON series.id = entry.series;

CREATE TABLE daily (
  day                TEXT NOT NULL,
  model              TEXT NOT NULL,
  key                TEXT NOT NULL,
  tags               TEXT NOT NULL,
  calls              INTEGER NOT NULL,
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cost_pico_usd      INTEGER NOT NULL CHECK (typeof(cost_pico_usd) = 'integer' AND cost_pico_usd >= 0),
  uncertain_pico_usd INTEGER NOT NULL CHECK (typeof(uncertain_pico_usd) = 'integer' AND uncertain_pico_usd >= 0),
  estimated_pico_usd INTEGER NOT NULL CHECK (estimated_pico_usd >= 0), -- the part of the cost that is marked so
  ceiling_pico_usd   INTEGER NOT NULL CHECK (ceiling_pico_usd >= 0),
  overrun_pico_usd   INTEGER NOT NULL CHECK (overrun_pico_usd >= 0),
  PRIMARY KEY (day, model, key, tags)
) WITHOUT ROWID;
INSERT INTO daily
SELECT substr(period, 1, 4) || '-' || substr(period, 5, 2) || '-' || substr(period, 7, 2), model, key, tags,
       sum(calls), sum(input_tokens), sum(output_tokens), sum(cost_pico_usd), sum(uncertain_pico_usd),
       sum(estimated_pico_usd), sum(ceiling_pico_usd), sum(overrun_pico_usd)
FROM rollup JOIN series ON series.id = rollup.series
WHERE period BETWEEN 1000000 AND 100000000 GROUP BY period, model, key, tags;

DROP TABLE rollup;
DROP TABLE entry;
DROP TABLE series;
ALTER TABLE entry_by_itself RENAME TO entry;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
