-- A place that the trainer took back. Its row stays: what was spent under its pseudonym is nobody else's.
ALTER TABLE class_learner ADD COLUMN removed_at TEXT;
