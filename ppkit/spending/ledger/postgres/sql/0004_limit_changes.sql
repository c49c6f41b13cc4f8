-- Who changed a limit, when and why (see the SQLite schema).

CREATE TABLE limit_change (
  id            BIGINT PRIMARY KEY,
  at            TEXT COLLATE "C" NOT NULL,
  scope         TEXT COLLATE "C" NOT NULL,
  soft_pico_usd BIGINT CHECK (soft_pico_usd >= 0),
  hard_pico_usd BIGINT CHECK (hard_pico_usd >= 0),
  author        TEXT NOT NULL,
  why           TEXT NOT NULL
);
CREATE TRIGGER limit_change_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON limit_change
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
