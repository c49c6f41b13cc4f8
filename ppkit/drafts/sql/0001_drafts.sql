-- Drafts: what can be edited is one document each, its earlier forms are kept whole.
PRAGMA application_id = 1886415972;

CREATE TABLE draft (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: exported tables name drafts by it
  content TEXT NOT NULL CHECK (json_valid(content)),
  revision INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  brief TEXT NOT NULL DEFAULT '',
  masked INTEGER NOT NULL DEFAULT 0,
  client TEXT NOT NULL GENERATED ALWAYS AS (json_extract(content, '$.client')) VIRTUAL,
  status TEXT NOT NULL GENERATED ALWAYS AS (json_extract(content, '$.status')) VIRTUAL,
  planned TEXT GENERATED ALWAYS AS (json_extract(content, '$.planned')) VIRTUAL
);
CREATE INDEX draft_by_client ON draft (client, status);
CREATE INDEX draft_by_day ON draft (planned);

CREATE TABLE revision (
  draft_id INTEGER NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  at TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (draft_id, number)
) WITHOUT ROWID;

CREATE TABLE receipt (
  draft_id INTEGER NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('text', 'image')),
  model TEXT NOT NULL,
  purse TEXT NOT NULL,
  credits INTEGER NOT NULL,
  call_id TEXT NOT NULL,
  pico_usd INTEGER NOT NULL CHECK (pico_usd >= 0),
  mark TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (draft_id, number)
) WITHOUT ROWID;

CREATE VIRTUAL TABLE draft_words USING fts5 (
  client, topic, texts, alt, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TABLE batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint TEXT NOT NULL, -- of the briefs: who hands over the same file again goes on with it
  created_at TEXT NOT NULL
);
CREATE INDEX batch_by_fingerprint ON batch (fingerprint);

CREATE TABLE batch_item (
  batch_id INTEGER NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  item TEXT NOT NULL CHECK (json_valid(item)),
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'writing', 'done', 'failed', 'doubtful')),
  draft_id INTEGER,
  problem TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (batch_id, position)
) WITHOUT ROWID;
