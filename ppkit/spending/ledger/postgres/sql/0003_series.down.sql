-- Every entry says again what its call has in common with others, and sums are kept by day alone.

CREATE TABLE entry_by_itself (
  call_id           TEXT COLLATE "C" NOT NULL,
  number            INTEGER NOT NULL, -- 1: the call ended, from 2 on: that is corrected
  kind              TEXT COLLATE "C" NOT NULL CHECK (kind IN ('settle', 'release', 'expire', 'adjust')),
  at                TEXT COLLATE "C" NOT NULL,
  pico_usd          BIGINT NOT NULL CHECK (pico_usd >= 0),
  mark              TEXT COLLATE "C" CHECK (mark IN ('estimated', 'ceiling', 'overrun', 'uncertain')),
  cost_parts        TEXT,
  usage             TEXT,
  author            TEXT,
  why               TEXT,
  reserved_at       TEXT COLLATE "C", -- from here on: of the call's first entry only
  reserved_pico_usd BIGINT CHECK (reserved_pico_usd >= 0),
  model             TEXT COLLATE "C",
  key               TEXT COLLATE "C",
  endpoint          TEXT COLLATE "C",
  tags              TEXT COLLATE "C",
  PRIMARY KEY (call_id, number),
  CHECK (CASE kind WHEN 'adjust' THEN number > 1 AND author IS NOT NULL AND why IS NOT NULL
         ELSE number = 1 AND reserved_at IS NOT NULL AND reserved_pico_usd IS NOT NULL AND model IS NOT NULL
           AND key IS NOT NULL AND endpoint IS NOT NULL AND tags IS NOT NULL END)
);
INSERT INTO entry_by_itself
SELECT call_id, number, kind,
       to_char(to_timestamp(at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '.'
         || lpad((at % 1000000)::text, 6, '0') || '+00:00',
       pico_usd, mark, cost_parts, usage, author, why,
       to_char(to_timestamp(reserved_at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '.'
         || lpad((reserved_at % 1000000)::text, 6, '0') || '+00:00',
       reserved_pico_usd, model, key, endpoint, tags
FROM entry LEFT JOIN series ON series.id = entry.series;

CREATE TABLE daily (
  day                TEXT COLLATE "C" NOT NULL,
  model              TEXT COLLATE "C" NOT NULL,
  key                TEXT COLLATE "C" NOT NULL,
  tags               TEXT COLLATE "C" NOT NULL,
  calls              BIGINT NOT NULL,
  input_tokens       BIGINT NOT NULL,
  output_tokens      BIGINT NOT NULL,
  cost_pico_usd      BIGINT NOT NULL CHECK (cost_pico_usd >= 0),
  uncertain_pico_usd BIGINT NOT NULL CHECK (uncertain_pico_usd >= 0),
  estimated_pico_usd BIGINT NOT NULL CHECK (estimated_pico_usd >= 0),
  ceiling_pico_usd   BIGINT NOT NULL CHECK (ceiling_pico_usd >= 0),
  overrun_pico_usd   BIGINT NOT NULL CHECK (overrun_pico_usd >= 0),
  PRIMARY KEY (day, model, key, tags)
) WITH (fillfactor = 50);
INSERT INTO daily
SELECT to_char(to_date(period::text, 'YYYYMMDD'), 'YYYY-MM-DD'), model, key, tags,
       sum(calls), sum(input_tokens), sum(output_tokens), sum(cost_pico_usd), sum(uncertain_pico_usd),
       sum(estimated_pico_usd), sum(ceiling_pico_usd), sum(overrun_pico_usd)
FROM rollup JOIN series ON series.id = rollup.series
WHERE period BETWEEN 1000000 AND 100000000 GROUP BY period, model, key, tags;

DROP TABLE rollup;
DROP TABLE entry;
DROP TABLE series;
ALTER TABLE entry_by_itself RENAME TO entry;
ALTER INDEX entry_by_itself_pkey RENAME TO entry_pkey;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
