-- Whoever asks to be forgotten loses their tag, and what was noted of its limits (see the SQLite schema).

DROP TRIGGER limit_change_is_never_changed ON limit_change;
CREATE FUNCTION refuse_all_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.scope ~ '^tag:.*forgotten [0-9a-f]{8}$' THEN
      RETURN OLD;
    END IF;
  ELSIF (NEW.id, NEW.at, NEW.period, NEW.since, NEW.soft_pico_usd, NEW.also_soft, NEW.hard_pico_usd, NEW.author, NEW.why)
     IS NOT DISTINCT FROM
     (OLD.id, OLD.at, OLD.period, OLD.since, OLD.soft_pico_usd, OLD.also_soft, OLD.hard_pico_usd, OLD.author, OLD.why)
     AND OLD.scope LIKE 'tag:%' AND NEW.scope ~ '^tag:.*forgotten [0-9a-f]{8}$' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'entries are never changed nor deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER limit_change_is_never_changed BEFORE UPDATE OR DELETE ON limit_change
FOR EACH ROW EXECUTE FUNCTION refuse_all_but_forgetting();
CREATE TRIGGER limit_change_is_never_deleted BEFORE TRUNCATE ON limit_change
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
