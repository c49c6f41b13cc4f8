-- Keys by their end alone again. A limit of one key becomes one of all that end so: it bites sooner, never later.

CREATE TEMP TABLE identity ON COMMIT DROP AS
SELECT key AS identity, left(key, -13) AS shown
FROM (SELECT key FROM reservation UNION SELECT key FROM entry UNION SELECT key FROM daily
      UNION SELECT substr(scope, 5) FROM spending_limit WHERE scope LIKE 'key:%'
      UNION SELECT substr(scope, 5) FROM month WHERE scope LIKE 'key:%'
      UNION SELECT substr(scope, 5) FROM alert WHERE scope LIKE 'key:%') AS named
WHERE key ~ '^….*#[0-9a-f]{12}$';

UPDATE reservation SET key = shown FROM identity WHERE identity = key;

ALTER TABLE entry DISABLE TRIGGER entry_is_never_changed;
UPDATE entry SET key = shown FROM identity WHERE identity = key;
ALTER TABLE entry ENABLE TRIGGER entry_is_never_changed;

CREATE TEMP TABLE day_by_end ON COMMIT DROP AS
SELECT day, model, coalesce(shown, key) AS key, tags, sum(calls)::bigint, sum(input_tokens)::bigint AS a,
       sum(output_tokens)::bigint AS b, sum(cost_pico_usd)::bigint AS c, sum(uncertain_pico_usd)::bigint AS d,
       sum(estimated_pico_usd)::bigint AS e, sum(ceiling_pico_usd)::bigint AS f, sum(overrun_pico_usd)::bigint AS g
FROM daily LEFT JOIN identity ON identity = key GROUP BY day, model, coalesce(shown, key), tags;
DELETE FROM daily;
INSERT INTO daily SELECT * FROM day_by_end;

INSERT INTO spending_limit
SELECT 'key:' || shown, least(min(soft_pico_usd), min(hard_pico_usd)), min(hard_pico_usd)
FROM spending_limit JOIN identity ON scope = 'key:' || identity
WHERE 'key:' || shown NOT IN (SELECT scope FROM spending_limit) GROUP BY shown;
DELETE FROM spending_limit WHERE scope IN (SELECT 'key:' || identity FROM identity);
DELETE FROM month WHERE scope IN (SELECT 'key:' || identity FROM identity);
DELETE FROM alert WHERE scope IN (SELECT 'key:' || identity FROM identity);

DROP TABLE key_salt;
