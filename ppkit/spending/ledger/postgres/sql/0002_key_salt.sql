-- What the fingerprints of keys are made with (see the SQLite schema).

CREATE TABLE key_salt (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  salt TEXT NOT NULL
);
INSERT INTO key_salt VALUES (1, replace(gen_random_uuid()::text, '-', ''));
