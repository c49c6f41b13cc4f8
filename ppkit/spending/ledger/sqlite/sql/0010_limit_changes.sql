-- A limit that is set, raised or removed: who did so, when and why. What was set before has no row here.

CREATE TABLE limit_change (
  id            INTEGER PRIMARY KEY,
  at            TEXT NOT NULL,
  scope         TEXT NOT NULL,
  soft_pico_usd INTEGER CHECK (soft_pico_usd >= 0), -- from then on; NULL: none
  hard_pico_usd INTEGER CHECK (hard_pico_usd >= 0),
  author        TEXT NOT NULL,
  why           TEXT NOT NULL
) STRICT;
CREATE TRIGGER limit_change_is_never_changed BEFORE UPDATE ON limit_change
BEGIN SELECT RAISE(ABORT, 'changes of limits are never changed'); END;
CREATE TRIGGER limit_change_is_never_deleted BEFORE DELETE ON limit_change
BEGIN SELECT RAISE(ABORT, 'changes of limits are never deleted'); END;
