-- Where each learner is, as their windows last told, and what the trainer tells them all. Times are the gateway's.

CREATE TABLE class_progress (
  lesson        TEXT NOT NULL REFERENCES class_lesson (id),
  pseudonym     TEXT NOT NULL,
  practice_code TEXT NOT NULL, -- a progress code: which checks are done, and how that is known; '' where none is
  live_code     TEXT NOT NULL,
  open_lesson   TEXT NOT NULL, -- of the course, by its name; '' where none is open
  diagnosis     TEXT NOT NULL, -- by its name, of the problem on show; '' where there is none
  moved_at      TEXT NOT NULL, -- when something of the above, but the diagnosis, changed last
  diagnosed_at  TEXT NOT NULL, -- since when this diagnosis is on show
  reported_at   TEXT NOT NULL, -- when they were last heard of
  PRIMARY KEY (lesson, pseudonym)
);

CREATE TABLE class_notice (
  lesson       TEXT PRIMARY KEY REFERENCES class_lesson (id),
  message      TEXT NOT NULL, -- '' where there is none, as below
  message_at   TEXT NOT NULL,
  suggested    TEXT NOT NULL, -- a lesson of the course, or "lesson/check"
  suggested_at TEXT NOT NULL
);
