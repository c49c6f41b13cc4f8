-- A limit holds a month, a day or in total from a moment on, and may warn at several amounts. Where a limit asks for
-- it, sums are kept by day and from that moment on, beside those by month, which every scope has.

ALTER TABLE month RENAME COLUMN month TO period; -- "2026-11", "2026-11-23" or "since 2026-11-23T10:00:00.000000+00:00"
ALTER TABLE month RENAME TO scope_sum;

ALTER TABLE reservation ADD COLUMN further INTEGER NOT NULL DEFAULT 0; -- 1: other sums than its months' may count it

CREATE TABLE limit_by_period (
  scope         TEXT NOT NULL,
  period        TEXT NOT NULL CHECK (period = 'month' OR period = 'day' OR period = 'total'),
  since         TEXT,
  soft_pico_usd INTEGER CHECK (soft_pico_usd >= 0), -- the lowest of its thresholds
  hard_pico_usd INTEGER CHECK (hard_pico_usd >= 0),
  PRIMARY KEY (scope, period),
  CHECK (soft_pico_usd <= hard_pico_usd),
  CHECK ((period = 'total') = (since IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO limit_by_period SELECT scope, 'month', NULL, soft_pico_usd, hard_pico_usd FROM spending_limit;
DROP TABLE spending_limit;
ALTER TABLE limit_by_period RENAME TO spending_limit;

CREATE TABLE threshold (
  scope    TEXT NOT NULL,
  period   TEXT NOT NULL,
  pico_usd INTEGER NOT NULL CHECK (pico_usd >= 0),
  PRIMARY KEY (scope, period, pico_usd)
) STRICT, WITHOUT ROWID;
INSERT INTO threshold
SELECT scope, period, soft_pico_usd FROM spending_limit WHERE soft_pico_usd IS NOT NULL;

ALTER TABLE limit_change ADD COLUMN period TEXT NOT NULL DEFAULT 'month';
ALTER TABLE limit_change ADD COLUMN since TEXT;
ALTER TABLE limit_change ADD COLUMN also_soft TEXT NOT NULL DEFAULT '[]'; -- JSON: the thresholds above the lowest one

ALTER TABLE alert RENAME COLUMN month TO period;
ALTER TABLE alert ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0; -- that failed
ALTER TABLE alert ADD COLUMN try_at TEXT; -- the next one, not before
ALTER TABLE alert ADD COLUMN failure TEXT; -- the last one's: a name, never a server's words
