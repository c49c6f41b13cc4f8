-- Monthly limits alone, with one threshold. Those of a day or in total become monthly, with the lowest amounts that the
-- scope has: one of a day bites sooner than before, one in total is opened anew with each month. Each that becomes so is
-- noted in limit_change, from which what was noted of days and totals goes: it would be read as that of months.

DELETE FROM scope_sum WHERE length(period) <> 7;
ALTER TABLE scope_sum RENAME TO month;
ALTER TABLE month RENAME COLUMN period TO month;

ALTER TABLE reservation DROP COLUMN further;

CREATE TABLE monthly_limit (
  scope         TEXT PRIMARY KEY,
  soft_pico_usd INTEGER CHECK (typeof(soft_pico_usd) IN ('integer', 'null') AND soft_pico_usd >= 0),
  hard_pico_usd INTEGER CHECK (typeof(hard_pico_usd) IN ('integer', 'null') AND hard_pico_usd >= 0),
  CHECK (soft_pico_usd <= hard_pico_usd)
) WITHOUT ROWID;
INSERT INTO monthly_limit
SELECT scope, min(min(soft_pico_usd), coalesce(min(hard_pico_usd), min(soft_pico_usd))), min(hard_pico_usd)
FROM spending_limit GROUP BY scope;
CREATE TABLE converted AS SELECT DISTINCT scope FROM spending_limit WHERE period <> 'month';
DROP TABLE spending_limit;
DROP TABLE threshold;
ALTER TABLE monthly_limit RENAME TO spending_limit;

CREATE TABLE change_of_month (
  id            INTEGER PRIMARY KEY,
  at            TEXT NOT NULL,
  scope         TEXT NOT NULL,
  soft_pico_usd INTEGER CHECK (soft_pico_usd >= 0), -- from then on; NULL: none
  hard_pico_usd INTEGER CHECK (hard_pico_usd >= 0),
  author        TEXT NOT NULL,
  why           TEXT NOT NULL
) STRICT;
INSERT INTO change_of_month
SELECT id, at, scope, soft_pico_usd, hard_pico_usd, author, why FROM limit_change WHERE period = 'month';
INSERT INTO change_of_month (at, scope, soft_pico_usd, hard_pico_usd, author, why)
SELECT strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'), scope, soft_pico_usd, hard_pico_usd, 'ppkit',
       'the ledger went back to a version that knows limits by month alone'
FROM spending_limit WHERE scope IN (SELECT scope FROM converted) ORDER BY scope;
DROP TABLE converted;
DROP TABLE limit_change;
ALTER TABLE change_of_month RENAME TO limit_change;
CREATE TRIGGER limit_change_is_never_changed BEFORE UPDATE ON limit_change
BEGIN SELECT RAISE(ABORT, 'changes of limits are never changed'); END;
CREATE TRIGGER limit_change_is_never_deleted BEFORE DELETE ON limit_change
BEGIN SELECT RAISE(ABORT, 'changes of limits are never deleted'); END;

DELETE FROM alert WHERE length(period) <> 7;
ALTER TABLE alert DROP COLUMN attempts;
ALTER TABLE alert DROP COLUMN try_at;
ALTER TABLE alert DROP COLUMN failure;
ALTER TABLE alert RENAME COLUMN period TO month;
