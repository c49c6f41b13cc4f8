-- Whoever asks to be forgotten loses their tag wherever it stands, and what was noted of its limits: there a scope may
-- become that of somebody forgotten, and the row then go. Nothing else may change.

DROP TRIGGER limit_change_is_never_changed;
CREATE TRIGGER limit_change_is_never_changed BEFORE UPDATE ON limit_change
WHEN NOT (NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.period = OLD.period AND NEW.since IS OLD.since
  AND NEW.soft_pico_usd IS OLD.soft_pico_usd AND NEW.also_soft = OLD.also_soft
  AND NEW.hard_pico_usd IS OLD.hard_pico_usd AND NEW.author = OLD.author AND NEW.why = OLD.why
  AND OLD.scope GLOB 'tag:*' AND NEW.scope GLOB 'tag:*forgotten [0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]')
BEGIN SELECT RAISE(ABORT, 'changes of limits are never changed'); END;
DROP TRIGGER limit_change_is_never_deleted;
CREATE TRIGGER limit_change_is_never_deleted BEFORE DELETE ON limit_change
WHEN OLD.scope NOT GLOB 'tag:*forgotten [0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
BEGIN SELECT RAISE(ABORT, 'changes of limits are never deleted'); END;
