-- Monthly limits alone, with one threshold; those of a day or in total become monthly, and are noted (see the SQLite
-- schema).

DELETE FROM scope_sum WHERE length(period) <> 7;
ALTER TABLE scope_sum RENAME COLUMN period TO month;
ALTER TABLE scope_sum RENAME TO month;

ALTER TABLE reservation DROP COLUMN further;

CREATE TEMP TABLE monthly_limit ON COMMIT DROP AS
SELECT scope, CASE WHEN min(soft_pico_usd) IS NOT NULL THEN least(min(soft_pico_usd), min(hard_pico_usd)) END AS soft,
       min(hard_pico_usd) AS hard, bool_or(period <> 'month') AS converted
FROM spending_limit GROUP BY scope;
DROP TABLE threshold;
DELETE FROM spending_limit;
ALTER TABLE spending_limit
  DROP CONSTRAINT spending_limit_pkey,
  DROP CONSTRAINT limit_since,
  DROP COLUMN period,
  DROP COLUMN since,
  ADD PRIMARY KEY (scope);
INSERT INTO spending_limit (scope, soft_pico_usd, hard_pico_usd) SELECT scope, soft, hard FROM monthly_limit;

ALTER TABLE limit_change DISABLE TRIGGER limit_change_is_never_changed;
DELETE FROM limit_change WHERE period <> 'month';
ALTER TABLE limit_change ENABLE TRIGGER limit_change_is_never_changed;
ALTER TABLE limit_change DROP COLUMN period, DROP COLUMN since, DROP COLUMN also_soft;
INSERT INTO limit_change (id, at, scope, soft_pico_usd, hard_pico_usd, author, why)
SELECT (SELECT coalesce(max(id), 0) FROM limit_change) + row_number() OVER (ORDER BY scope),
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), scope, soft, hard, 'ppkit',
       'the ledger went back to a version that knows limits by month alone'
FROM monthly_limit WHERE converted;

DELETE FROM alert WHERE length(period) <> 7;
ALTER TABLE alert DROP COLUMN attempts, DROP COLUMN try_at, DROP COLUMN failure;
ALTER TABLE alert RENAME COLUMN period TO month;
