-- Series and sums by hour, day and month (see the SQLite schema).

CREATE TABLE series (
  id       INTEGER PRIMARY KEY,
  model    TEXT COLLATE "C" NOT NULL,
  key      TEXT COLLATE "C" NOT NULL,
  endpoint TEXT COLLATE "C" NOT NULL,
  tags     TEXT COLLATE "C" NOT NULL,
  UNIQUE (model, key, endpoint, tags)
);
INSERT INTO series
SELECT row_number() OVER (ORDER BY model, key, endpoint, tags), model, key, endpoint, tags
FROM (SELECT DISTINCT model, key, endpoint, tags FROM entry WHERE number = 1) AS found;

CREATE TABLE entry_of_series (
  call_id           TEXT COLLATE "C" NOT NULL,
  number            INTEGER NOT NULL, -- 1: the call ended, from 2 on: that is corrected
  kind              TEXT COLLATE "C" NOT NULL CHECK (kind IN ('settle', 'release', 'expire', 'adjust')),
  at                BIGINT NOT NULL,
  pico_usd          BIGINT NOT NULL CHECK (pico_usd >= 0),
  mark              TEXT COLLATE "C" CHECK (mark IN ('estimated', 'ceiling', 'overrun', 'uncertain')),
  cost_parts        TEXT,
  usage             TEXT,
  author            TEXT,
  why               TEXT,
  reserved_at       BIGINT, -- from here on: of the call's first entry only
  reserved_pico_usd BIGINT CHECK (reserved_pico_usd >= 0),
  series            INTEGER,
  PRIMARY KEY (call_id, number),
  CHECK (CASE kind WHEN 'adjust' THEN number > 1 AND author IS NOT NULL AND why IS NOT NULL
         ELSE number = 1 AND reserved_at IS NOT NULL AND reserved_pico_usd IS NOT NULL AND series IS NOT NULL END)
);
INSERT INTO entry_of_series
SELECT call_id, number, kind, (extract(epoch FROM at::timestamptz) * 1000000)::bigint, pico_usd, mark, cost_parts, usage,
       author, why, (extract(epoch FROM reserved_at::timestamptz) * 1000000)::bigint, reserved_pico_usd, series.id
FROM entry LEFT JOIN series USING (model, key, endpoint, tags);

CREATE TABLE rollup (
  period                 INTEGER NOT NULL,
  series                 INTEGER NOT NULL,
  calls                  BIGINT NOT NULL DEFAULT 0,
  input_tokens           BIGINT NOT NULL DEFAULT 0,
  output_tokens          BIGINT NOT NULL DEFAULT 0,
  cached_tokens          BIGINT NOT NULL DEFAULT 0,
  cache_write_tokens     BIGINT NOT NULL DEFAULT 0,
  reasoning_tokens       BIGINT NOT NULL DEFAULT 0,
  image_input_tokens     BIGINT NOT NULL DEFAULT 0,
  cached_image_tokens    BIGINT NOT NULL DEFAULT 0,
  image_output_tokens    BIGINT NOT NULL DEFAULT 0,
  cache_write_12h_tokens BIGINT NOT NULL DEFAULT 0,
  cost_pico_usd          BIGINT NOT NULL DEFAULT 0 CHECK (cost_pico_usd >= 0),
  uncertain_pico_usd     BIGINT NOT NULL DEFAULT 0 CHECK (uncertain_pico_usd >= 0),
  estimated_pico_usd     BIGINT NOT NULL DEFAULT 0 CHECK (estimated_pico_usd >= 0),
  ceiling_pico_usd       BIGINT NOT NULL DEFAULT 0 CHECK (ceiling_pico_usd >= 0),
  overrun_pico_usd       BIGINT NOT NULL DEFAULT 0 CHECK (overrun_pico_usd >= 0),
  PRIMARY KEY (period, series)
) WITH (fillfactor = 50);
INSERT INTO rollup
SELECT replace(replace(left(first.reserved_at, 13), '-', ''), 'T', '')::integer, series.id, count(*),
       coalesce(sum((last.usage::json ->> 'input_tokens')::bigint), 0),
       coalesce(sum((last.usage::json ->> 'output_tokens')::bigint), 0),
       coalesce(sum((last.usage::json ->> 'cached_tokens')::bigint), 0),
       coalesce(sum((last.usage::json ->> 'cache_write_tokens')::bigint), 0),
       coalesce(sum((last.usage::json ->> 'reasoning_tokens')::bigint), 0),
       coalesce(sum((last.usage::json ->> 'image_input_tokens')::bigint), 0),
       coalesce(sum((last.usage::json ->> 'cached_image_tokens')::bigint), 0),
       coalesce(sum((last.usage::json ->> 'image_output_tokens')::bigint), 0),
       coalesce(sum((last.usage::json ->> 'cache_write_12h_tokens')::bigint), 0),
       sum(CASE WHEN last.mark = 'uncertain' THEN 0 ELSE last.pico_usd END),
       sum(CASE WHEN last.mark = 'uncertain' THEN last.pico_usd ELSE 0 END),
       sum(CASE WHEN last.mark = 'estimated' THEN last.pico_usd ELSE 0 END),
       sum(CASE WHEN last.mark = 'ceiling' THEN last.pico_usd ELSE 0 END),
       sum(CASE WHEN last.mark = 'overrun' THEN last.pico_usd ELSE 0 END)
FROM entry AS first JOIN entry AS last ON last.call_id = first.call_id
  AND last.number = (SELECT max(number) FROM entry AS any_entry WHERE any_entry.call_id = first.call_id)
JOIN series ON series.model = first.model AND series.key = first.key AND series.endpoint = first.endpoint
  AND series.tags = first.tags
WHERE first.number = 1 AND first.kind <> 'release' GROUP BY 1, 2;
INSERT INTO rollup
SELECT period / 100, series,
       sum(calls), sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(cache_write_tokens),
       sum(reasoning_tokens), sum(image_input_tokens), sum(cached_image_tokens), sum(image_output_tokens),
       sum(cache_write_12h_tokens), sum(cost_pico_usd), sum(uncertain_pico_usd), sum(estimated_pico_usd),
       sum(ceiling_pico_usd), sum(overrun_pico_usd)
FROM rollup WHERE period > 100000000 GROUP BY 1, 2;
INSERT INTO rollup
SELECT period / 100, series,
       sum(calls), sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(cache_write_tokens),
       sum(reasoning_tokens), sum(image_input_tokens), sum(cached_image_tokens), sum(image_output_tokens),
       sum(cache_write_12h_tokens), sum(cost_pico_usd), sum(uncertain_pico_usd), sum(estimated_pico_usd),
       sum(ceiling_pico_usd), sum(overrun_pico_usd)
FROM rollup WHERE period BETWEEN 1000000 AND 100000000 GROUP BY 1, 2;
INSERT INTO rollup
SELECT period, 0,
       sum(calls), sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(cache_write_tokens),
       sum(reasoning_tokens), sum(image_input_tokens), sum(cached_image_tokens), sum(image_output_tokens),
       sum(cache_write_12h_tokens), sum(cost_pico_usd), sum(uncertain_pico_usd), sum(estimated_pico_usd),
       sum(ceiling_pico_usd), sum(overrun_pico_usd)
FROM rollup WHERE period BETWEEN 1000000 AND 100000000 GROUP BY 1;

DROP TABLE daily;
DROP TABLE entry;
ALTER TABLE entry_of_series RENAME TO entry;
ALTER INDEX entry_of_series_pkey RENAME TO entry_pkey;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
