DROP TRIGGER limit_change_is_never_deleted ON limit_change;
DROP TRIGGER limit_change_is_never_changed ON limit_change;
DROP FUNCTION refuse_all_but_forgetting();
CREATE TRIGGER limit_change_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON limit_change
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
