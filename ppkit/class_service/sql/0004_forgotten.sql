-- Whom a learner becomes who is forgotten: written down before anything is renamed, so that a run that was cut off goes on.
ALTER TABLE class_learner ADD COLUMN forgotten_as TEXT;
