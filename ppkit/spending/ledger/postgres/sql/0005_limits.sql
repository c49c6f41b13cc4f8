-- Limits a month, a day or in total, with several thresholds (see the SQLite schema).

ALTER TABLE month RENAME TO scope_sum;
ALTER TABLE scope_sum RENAME COLUMN month TO period;

ALTER TABLE reservation ADD COLUMN further INTEGER NOT NULL DEFAULT 0;

ALTER TABLE spending_limit
  ADD COLUMN period TEXT COLLATE "C" NOT NULL DEFAULT 'month' CHECK (period IN ('month', 'day', 'total')),
  ADD COLUMN since TEXT COLLATE "C",
  DROP CONSTRAINT spending_limit_pkey,
  ADD PRIMARY KEY (scope, period),
  ADD CONSTRAINT limit_since CHECK ((period = 'total') = (since IS NOT NULL));

CREATE TABLE threshold (
  scope    TEXT COLLATE "C" NOT NULL,
  period   TEXT COLLATE "C" NOT NULL,
  pico_usd BIGINT NOT NULL CHECK (pico_usd >= 0),
  PRIMARY KEY (scope, period, pico_usd)
);
INSERT INTO threshold
SELECT scope, period, soft_pico_usd FROM spending_limit WHERE soft_pico_usd IS NOT NULL;

ALTER TABLE limit_change
  ADD COLUMN period TEXT COLLATE "C" NOT NULL DEFAULT 'month',
  ADD COLUMN since TEXT COLLATE "C",
  ADD COLUMN also_soft TEXT NOT NULL DEFAULT '[]';

ALTER TABLE alert RENAME COLUMN month TO period;
ALTER TABLE alert
  ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN try_at TEXT COLLATE "C",
  ADD COLUMN failure TEXT;
