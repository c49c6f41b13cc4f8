-- Keys by their end alone again. A limit of one key becomes one of all that end so: it bites sooner, never later.

CREATE TEMP TABLE identity AS
SELECT key AS identity, substr(key, 1, length(key) - 13) AS shown
FROM (SELECT key FROM reservation UNION SELECT key FROM entry WHERE key IS NOT NULL UNION SELECT key FROM daily
      UNION SELECT substr(scope, 5) FROM spending_limit WHERE scope LIKE 'key:%'
      UNION SELECT substr(scope, 5) FROM month WHERE scope LIKE 'key:%'
      UNION SELECT substr(scope, 5) FROM alert WHERE scope LIKE 'key:%')
WHERE key GLOB '…*#????????????' AND substr(key, -12) NOT GLOB '*[^0-9a-f]*';

UPDATE reservation SET key = (SELECT shown FROM identity WHERE identity = key)
WHERE key IN (SELECT identity FROM identity);

DROP TRIGGER entry_is_never_changed;
UPDATE entry SET key = (SELECT shown FROM identity WHERE identity = key)
WHERE key IN (SELECT identity FROM identity);
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;

CREATE TEMP TABLE day_by_end AS
SELECT day, model, coalesce(shown, key) AS key, tags, sum(calls), sum(input_tokens), sum(output_tokens),
       sum(cost_pico_usd), sum(uncertain_pico_usd), sum(estimated_pico_usd), sum(ceiling_pico_usd),
       sum(overrun_pico_usd)
FROM daily LEFT JOIN identity ON identity = key GROUP BY day, model, coalesce(shown, key), tags;
DELETE FROM daily;
INSERT INTO daily SELECT * FROM day_by_end;
DROP TABLE day_by_end;

INSERT INTO spending_limit
SELECT 'key:' || shown, min(min(soft_pico_usd), coalesce(min(hard_pico_usd), min(soft_pico_usd))), min(hard_pico_usd)
FROM spending_limit JOIN identity ON scope = 'key:' || identity
WHERE 'key:' || shown NOT IN (SELECT scope FROM spending_limit) GROUP BY shown;
DELETE FROM spending_limit WHERE scope IN (SELECT 'key:' || identity FROM identity);
DELETE FROM month WHERE scope IN (SELECT 'key:' || identity FROM identity);
DELETE FROM alert WHERE scope IN (SELECT 'key:' || identity FROM identity);

DROP TABLE identity;
DROP TABLE key_salt;
