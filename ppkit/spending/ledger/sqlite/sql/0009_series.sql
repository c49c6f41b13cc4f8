-- What calls have in common is written once, as a series; entries and sums name it by its number. Sums are kept by
-- hour, day and month, and by day for everything together: a report reads the coarsest of them that answers it.

CREATE TABLE series (
  id       INTEGER PRIMARY KEY,
  model    TEXT NOT NULL,
  key      TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  tags     TEXT NOT NULL,
  UNIQUE (model, key, endpoint, tags)
) STRICT;
INSERT INTO series (model, key, endpoint, tags)
SELECT DISTINCT model, key, endpoint, tags FROM entry WHERE number = 1 ORDER BY model, key, endpoint, tags;

CREATE TABLE entry_of_series (
  call_id           TEXT NOT NULL,
  number            INTEGER NOT NULL, -- 1: the call ended, from 2 on: that is corrected
  kind              TEXT NOT NULL CHECK (kind = 'settle' OR kind = 'release' OR kind = 'expire' OR kind = 'adjust'),
  at                INTEGER NOT NULL, -- microseconds since 1970, UTC
  pico_usd          INTEGER NOT NULL CHECK (pico_usd >= 0),
  mark              TEXT CHECK (mark = 'estimated' OR mark = 'ceiling' OR mark = 'overrun' OR mark = 'uncertain'),
  cost_parts        TEXT, -- JSON: every part of the cost that is not zero
  usage             TEXT, -- JSON: every figure of the usage that is not zero
  author            TEXT, -- of a correction: who wrote it
  why               TEXT, -- of a correction: the reason given; of an uncertain call: a word of our own
  reserved_at       INTEGER, -- from here on: of the call's first entry only
  reserved_pico_usd INTEGER CHECK (reserved_pico_usd >= 0),
  series            INTEGER,
  PRIMARY KEY (call_id, number),
  CHECK (CASE kind WHEN 'adjust' THEN number > 1 AND author IS NOT NULL AND why IS NOT NULL
         ELSE number = 1 AND reserved_at IS NOT NULL AND reserved_pico_usd IS NOT NULL AND series IS NOT NULL END)
) STRICT, WITHOUT ROWID;
INSERT INTO entry_of_series
SELECT call_id, number, kind,
       CAST(strftime('%s', substr(at, 1, 19)) AS INTEGER) * 1000000 + CAST(substr(at, 21, 6) AS INTEGER),
       pico_usd, mark, cost_parts, usage, author, why,
       CAST(strftime('%s', substr(reserved_at, 1, 19)) AS INTEGER) * 1000000 + CAST(substr(reserved_at, 21, 6) AS INTEGER),
       reserved_pico_usd, series.id
FROM entry LEFT JOIN series ON series.model = entry.model AND series.key = entry.key
  AND series.endpoint = entry.endpoint AND series.tags = entry.tags;

-- The sums, as the entries give them: the last of a call holds.
CREATE TABLE rollup (
  period                 INTEGER NOT NULL, -- 2026112310: an hour (UTC), 20261123: a day, 202611: a month
  series                 INTEGER NOT NULL, -- 0: everything together, of days
  calls                  INTEGER NOT NULL DEFAULT 0,
  input_tokens           INTEGER NOT NULL DEFAULT 0,
  output_tokens          INTEGER NOT NULL DEFAULT 0,
  cached_tokens          INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens     INTEGER NOT NULL DEFAULT 0,
  reasoning_tokens       INTEGER NOT NULL DEFAULT 0,
  image_input_tokens     INTEGER NOT NULL DEFAULT 0,
  cached_image_tokens    INTEGER NOT NULL DEFAULT 0,
  image_output_tokens    INTEGER NOT NULL DEFAULT 0,
  cache_write_12h_tokens INTEGER NOT NULL DEFAULT 0,
  cost_pico_usd          INTEGER NOT NULL DEFAULT 0 CHECK (cost_pico_usd >= 0),
  uncertain_pico_usd     INTEGER NOT NULL DEFAULT 0 CHECK (uncertain_pico_usd >= 0),
  estimated_pico_usd     INTEGER NOT NULL DEFAULT 0 CHECK (estimated_pico_usd >= 0), -- the part of the cost marked so
  ceiling_pico_usd       INTEGER NOT NULL DEFAULT 0 CHECK (ceiling_pico_usd >= 0),
  overrun_pico_usd       INTEGER NOT NULL DEFAULT 0 CHECK (overrun_pico_usd >= 0),
  PRIMARY KEY (period, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE counted_call AS
SELECT substr(first.reserved_at, 1, 4) || substr(first.reserved_at, 6, 2) || substr(first.reserved_at, 9, 2)
       || substr(first.reserved_at, 12, 2) AS hour, series.id AS series, coalesce(last.usage, '{}') AS usage,
       last.pico_usd AS pico_usd, last.mark AS mark
FROM entry AS first JOIN entry AS last ON last.call_id = first.call_id
  AND last.number = (SELECT max(number) FROM entry AS any_entry WHERE any_entry.call_id = first.call_id)
JOIN series ON series.model = first.model AND series.key = first.key AND series.endpoint = first.endpoint
  AND series.tags = first.tags
WHERE first.number = 1 AND first.kind <> 'release';
INSERT INTO rollup
SELECT CAST(hour AS INTEGER), series, count(*), coalesce(sum(json_extract(usage, '$.input_tokens')), 0),
       coalesce(sum(json_extract(usage, '$.output_tokens')), 0),
       coalesce(sum(json_extract(usage, '$.cached_tokens')), 0),
       coalesce(sum(json_extract(usage, '$.cache_write_tokens')), 0),
       coalesce(sum(json_extract(usage, '$.reasoning_tokens')), 0),
       coalesce(sum(json_extract(usage, '$.image_input_tokens')), 0),
       coalesce(sum(json_extract(usage, '$.cached_image_tokens')), 0),
       coalesce(sum(json_extract(usage, '$.image_output_tokens')), 0),
       coalesce(sum(json_extract(usage, '$.cache_write_12h_tokens')), 0),
       sum(CASE WHEN mark = 'uncertain' THEN 0 ELSE pico_usd END),
       sum(CASE WHEN mark = 'uncertain' THEN pico_usd ELSE 0 END),
       sum(CASE WHEN mark = 'estimated' THEN pico_usd ELSE 0 END),
       sum(CASE WHEN mark = 'ceiling' THEN pico_usd ELSE 0 END),
       sum(CASE WHEN mark = 'overrun' THEN pico_usd ELSE 0 END)
FROM counted_call GROUP BY 1, 2;
DROP TABLE counted_call;
INSERT INTO rollup
SELECT period / 100, series, sum(calls), sum(input_tokens), sum(output_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(reasoning_tokens), sum(image_input_tokens), sum(cached_image_tokens),
       sum(image_output_tokens), sum(cache_write_12h_tokens), sum(cost_pico_usd), sum(uncertain_pico_usd),
       sum(estimated_pico_usd), sum(ceiling_pico_usd), sum(overrun_pico_usd)
FROM rollup WHERE period > 100000000 GROUP BY 1, 2;
INSERT INTO rollup
SELECT period / 100, series, sum(calls), sum(input_tokens), sum(output_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(reasoning_tokens), sum(image_input_tokens), sum(cached_image_tokens),
       sum(image_output_tokens), sum(cache_write_12h_tokens), sum(cost_pico_usd), sum(uncertain_pico_usd),
       sum(estimated_pico_usd), sum(ceiling_pico_usd), sum(overrun_pico_usd)
FROM rollup WHERE period BETWEEN 1000000 AND 100000000 GROUP BY 1, 2;
INSERT INTO rollup
SELECT period, 0, sum(calls), sum(input_tokens), sum(output_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(reasoning_tokens), sum(image_input_tokens), sum(cached_image_tokens),
       sum(image_output_tokens), sum(cache_write_12h_tokens), sum(cost_pico_usd), sum(uncertain_pico_usd),
       sum(estimated_pico_usd), sum(ceiling_pico_usd), sum(overrun_pico_usd)
FROM rollup WHERE period BETWEEN 1000000 AND 100000000 GROUP BY 1;

DROP TABLE daily;
DROP TABLE entry;
ALTER TABLE entry_of_series RENAME TO entry;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
