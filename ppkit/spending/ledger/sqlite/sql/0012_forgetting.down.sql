DROP TRIGGER limit_change_is_never_changed;
CREATE TRIGGER limit_change_is_never_changed BEFORE UPDATE ON limit_change
BEGIN SELECT RAISE(ABORT, 'changes of limits are never changed'); END;
DROP TRIGGER limit_change_is_never_deleted;
CREATE TRIGGER limit_change_is_never_deleted BEFORE DELETE ON limit_change
BEGIN SELECT RAISE(ABORT, 'changes of limits are never deleted'); END;
