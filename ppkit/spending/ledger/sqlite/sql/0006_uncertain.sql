-- What is uncertain ("nobody can tell whether it was billed") is no money spent: it stands in a sum of its own.
-- Sums tell beside what is spent how much of it carries which mark. An ending may be corrected by adjusting
-- entries, which say who and why; and where the true figures may still be learnt, the answer's id is kept.

CREATE TABLE entry_with_corrections (
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
INSERT INTO entry_with_corrections
SELECT call_id, ends, kind, at, pico_usd, model, key, endpoint, tags,
       CASE WHEN mark = 'unknown' THEN CASE kind WHEN 'expire' THEN 'uncertain' ELSE 'ceiling' END ELSE mark END,
       cost_parts, usage, NULL, NULL
FROM entry;
DROP TABLE entry;
ALTER TABLE entry_with_corrections RENAME TO entry;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

-- The sums of earlier versions held what is uncertain in what was spent: it is taken out once.
CREATE TABLE marked AS
SELECT substr(reserve.at, 1, 7) AS month, substr(reserve.at, 1, 10) AS day, reserve.model AS model,
       reserve.key AS key_name, reserve.tags AS tags,
       CASE ending.mark WHEN 'uncertain' THEN ending.pico_usd ELSE 0 END AS uncertain,
       CASE ending.mark WHEN 'estimated' THEN ending.pico_usd ELSE 0 END AS estimated,
       CASE ending.mark WHEN 'ceiling' THEN ending.pico_usd ELSE 0 END AS ceiling,
       CASE ending.mark WHEN 'overrun' THEN ending.pico_usd ELSE 0 END AS overrun
FROM entry AS ending JOIN entry AS reserve ON reserve.call_id = ending.call_id AND reserve.ends = 0
WHERE ending.ends = 1 AND ending.mark IS NOT NULL;

CREATE TABLE marked_by_scope AS
SELECT month, scope, sum(uncertain) AS uncertain, sum(estimated) AS estimated, sum(ceiling) AS ceiling,
       sum(overrun) AS overrun
FROM (
  SELECT month, 'all' AS scope, uncertain, estimated, ceiling, overrun FROM marked
  UNION ALL
  SELECT month, 'key:' || key_name, uncertain, estimated, ceiling, overrun FROM marked
  UNION ALL
  SELECT month, 'tag:' || tag.key || '=' || tag.value, uncertain, estimated, ceiling, overrun
  FROM marked, json_each(marked.tags) AS tag
) GROUP BY month, scope;

CREATE TABLE month_with_marks (
  month              TEXT NOT NULL,
  scope              TEXT NOT NULL,
  spent_pico_usd     INTEGER NOT NULL DEFAULT 0 CHECK (typeof(spent_pico_usd) = 'integer' AND spent_pico_usd >= 0),
  reserved_pico_usd  INTEGER NOT NULL DEFAULT 0 CHECK (typeof(reserved_pico_usd) = 'integer' AND reserved_pico_usd >= 0),
  uncertain_pico_usd INTEGER NOT NULL DEFAULT 0 CHECK (typeof(uncertain_pico_usd) = 'integer' AND uncertain_pico_usd >= 0),
  estimated_pico_usd INTEGER NOT NULL DEFAULT 0 CHECK (estimated_pico_usd >= 0), -- the part of what is spent that is marked so
  ceiling_pico_usd   INTEGER NOT NULL DEFAULT 0 CHECK (ceiling_pico_usd >= 0),
  overrun_pico_usd   INTEGER NOT NULL DEFAULT 0 CHECK (overrun_pico_usd >= 0),
  calls              INTEGER NOT NULL DEFAULT 0 CHECK (calls >= 0),
  PRIMARY KEY (month, scope)
) WITHOUT ROWID;
INSERT INTO month_with_marks
SELECT month, scope, spent_pico_usd - coalesce(uncertain, 0), reserved_pico_usd, coalesce(uncertain, 0),
       coalesce(estimated, 0), coalesce(ceiling, 0), coalesce(overrun, 0), calls
FROM month LEFT JOIN marked_by_scope USING (month, scope);
DROP TABLE month;
ALTER TABLE month_with_marks RENAME TO month;

CREATE TABLE daily_with_marks (
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
INSERT INTO daily_with_marks
SELECT daily.day, daily.model, daily.key, daily.tags, calls, input_tokens, output_tokens,
       cost_pico_usd - coalesce(sums.uncertain, 0), coalesce(sums.uncertain, 0), coalesce(sums.estimated, 0),
       coalesce(sums.ceiling, 0), coalesce(sums.overrun, 0)
FROM daily LEFT JOIN (
  SELECT day, model, key_name, tags, sum(uncertain) AS uncertain, sum(estimated) AS estimated,
         sum(ceiling) AS ceiling, sum(overrun) AS overrun
  FROM marked GROUP BY day, model, key_name, tags
) AS sums ON sums.day = daily.day AND sums.model = daily.model AND sums.key_name = daily.key
  AND sums.tags = daily.tags;
DROP TABLE daily;
ALTER TABLE daily_with_marks RENAME TO daily;

DROP TABLE marked_by_scope;
DROP TABLE marked;

-- The calls that are uncertain now: what a person looks through.
CREATE TABLE uncertain_call (
  call_id TEXT PRIMARY KEY
) WITHOUT ROWID;
INSERT INTO uncertain_call SELECT call_id FROM entry WHERE ends = 1 AND mark = 'uncertain';

-- What the platform calls its answer, for calls whose true figures may be learnt later.
CREATE TABLE answer (
  response_id TEXT PRIMARY KEY,
  call_id     TEXT NOT NULL,
  terms       TEXT NOT NULL -- JSON: what of the request its price depends on
) WITHOUT ROWID;

ALTER TABLE alert ADD COLUMN uncertain_pico_usd INTEGER NOT NULL DEFAULT 0;
