-- Who takes part in which lesson. The same statements for SQLite and PostgreSQL.

CREATE TABLE class_lesson (
  id        TEXT PRIMARY KEY,
  document  TEXT NOT NULL,
  join_code TEXT NOT NULL,
  closed_at TEXT -- where the trainer closed it before its time
);

CREATE TABLE class_learner (
  lesson      TEXT NOT NULL REFERENCES class_lesson (id),
  number      INTEGER NOT NULL, -- the order of joining
  pseudonym   TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE, -- of the token, or of a Hub's user; the token itself is kept nowhere
  visit_hash  TEXT UNIQUE, -- of the form that was sent: sent twice, it takes no second place
  joined_at   TEXT NOT NULL,
  PRIMARY KEY (lesson, number)
);

CREATE TABLE class_trainer (
  secret_hash TEXT PRIMARY KEY,
  lesson      TEXT NOT NULL REFERENCES class_lesson (id)
);
