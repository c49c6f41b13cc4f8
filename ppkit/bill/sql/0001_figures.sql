-- What the platform has told of usage and costs, by day (UTC), and when it was asked.
PRAGMA application_id = 1886415974; -- "ppkf"

CREATE TABLE figure (
  dataset TEXT NOT NULL,
  day TEXT NOT NULL,
  item TEXT NOT NULL,   -- a model; of costs the line item
  key_id TEXT NOT NULL, -- the platform's id of a key, never a key; '' where it was not told
  pico_usd INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  images INTEGER NOT NULL,
  PRIMARY KEY (dataset, day, item, key_id)
) WITHOUT ROWID;

CREATE TABLE imported (
  dataset TEXT NOT NULL,
  day TEXT NOT NULL,
  source TEXT NOT NULL, -- 'platform' or 'file'
  told_at TEXT NOT NULL,
  PRIMARY KEY (dataset, day)
) WITHOUT ROWID;

CREATE TABLE key (
  id TEXT PRIMARY KEY,
  shown_end TEXT NOT NULL
) WITHOUT ROWID;
