-- The practice platform's own state. Amounts are whole pico-USD, moments are Unix seconds of the practice clock.

CREATE TABLE note (                       -- single values: the clock's offset, the language of mails
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE organization (               -- one learner, one organization
  id              TEXT PRIMARY KEY,
  name            TEXT NOT NULL,
  user_id         TEXT NOT NULL,
  user_name       TEXT NOT NULL,
  user_email      TEXT NOT NULL,
  created_at      INTEGER NOT NULL,
  verified_at     INTEGER,                -- from when on models that ask for verification answer; may lie ahead
  debt_pico_usd   INTEGER NOT NULL DEFAULT 0 CHECK (debt_pico_usd >= 0),
  company         TEXT NOT NULL DEFAULT '',
  address         TEXT NOT NULL DEFAULT '',
  vat_number      TEXT NOT NULL DEFAULT '',
  recharge_on     INTEGER NOT NULL DEFAULT 1,   -- on by default, as on the real platform
  recharge_below_pico_usd INTEGER NOT NULL,
  recharge_to_pico_usd    INTEGER NOT NULL,
  recharge_month_cap_pico_usd INTEGER
);

CREATE TABLE project (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  is_default  INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  archived_at INTEGER,
  external_key_id TEXT
);

CREATE TABLE member (                     -- people besides the learner, who is the organization's first owner
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  email    TEXT NOT NULL UNIQUE,
  role     TEXT NOT NULL CHECK (role IN ('owner', 'reader')),
  added_at INTEGER NOT NULL
);

CREATE TABLE project_member (             -- the learner is an owner of every project without a row
  project_id TEXT NOT NULL REFERENCES project (id),
  user_id    TEXT NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  role       TEXT NOT NULL CHECK (role IN ('member', 'owner')),
  added_at   INTEGER NOT NULL,
  PRIMARY KEY (project_id, user_id)
) WITHOUT ROWID;

CREATE TABLE invite (                     -- projects: JSON, [{"id", "role"}]
  id          TEXT PRIMARY KEY,
  email       TEXT NOT NULL,
  role        TEXT NOT NULL CHECK (role IN ('owner', 'reader')),
  projects    TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  accepted_at INTEGER
);

CREATE TABLE payment_method (             -- a published test card: brand and last four, never the number
  id         TEXT PRIMARY KEY,
  brand      TEXT NOT NULL,
  last4      TEXT NOT NULL,
  expires    TEXT NOT NULL,
  holder     TEXT NOT NULL,
  status     TEXT NOT NULL CHECK (status IN ('ready', 'needs_confirmation')),
  created_at INTEGER NOT NULL,
  hold_until INTEGER,                     -- the bank set money aside when the card was added
  bank_tries INTEGER NOT NULL DEFAULT 0   -- wrong codes given to the bank's question
);

CREATE TABLE identity_check (             -- attempts at organization verification, with made-up documents
  id          INTEGER PRIMARY KEY,
  document    TEXT NOT NULL,
  started_at  INTEGER NOT NULL,
  answered_at INTEGER NOT NULL,
  approved    INTEGER NOT NULL,
  told        INTEGER NOT NULL DEFAULT 0  -- whether the answer's mail was sent
);

CREATE TABLE purchase (
  id                TEXT PRIMARY KEY,
  kind              TEXT NOT NULL CHECK (kind IN ('purchase', 'auto_recharge', 'gift')),
  status            TEXT NOT NULL CHECK (status IN ('pending', 'credited', 'declined', 'expired')),
  amount_pico_usd   INTEGER NOT NULL CHECK (amount_pico_usd > 0),
  remaining_pico_usd INTEGER NOT NULL CHECK (remaining_pico_usd >= 0),
  card              TEXT NOT NULL,
  invoice           TEXT NOT NULL,
  created_at        INTEGER NOT NULL,
  available_at      INTEGER NOT NULL,
  expires_at        INTEGER NOT NULL
);
CREATE INDEX purchase_open ON purchase (status, expires_at);

CREATE TABLE invoice (                    -- whom a paid purchase was billed to, as it stood on that day
  purchase_id  TEXT PRIMARY KEY REFERENCES purchase (id),
  organization TEXT NOT NULL,
  company      TEXT NOT NULL,
  address      TEXT NOT NULL,
  vat_number   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE service_account (
  id         TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id),
  name       TEXT NOT NULL,
  role       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
);

CREATE TABLE api_key (                    -- only the SHA-256 of a key is kept
  id           TEXT PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('project', 'service_account', 'admin')),
  name         TEXT NOT NULL,
  digest       BLOB NOT NULL UNIQUE,
  redacted     TEXT NOT NULL,
  project_id   TEXT REFERENCES project (id),
  service_account_id TEXT REFERENCES service_account (id),
  permissions  TEXT NOT NULL CHECK (permissions IN ('all', 'restricted', 'read_only')),
  scopes       TEXT NOT NULL DEFAULT '[]',
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  expires_at   INTEGER,
  revoked_at   INTEGER
);

CREATE TABLE usage_event (                -- one billed call
  id                   TEXT PRIMARY KEY,
  created_at           INTEGER NOT NULL,
  endpoint             TEXT NOT NULL CHECK (endpoint IN ('completions', 'images', 'embeddings', 'moderations')),
  model                TEXT NOT NULL,
  project_id           TEXT NOT NULL,
  key_id               TEXT NOT NULL,
  user_id              TEXT NOT NULL,
  service_tier         TEXT NOT NULL DEFAULT 'default',
  input_tokens         INTEGER NOT NULL DEFAULT 0,
  cached_tokens        INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens   INTEGER NOT NULL DEFAULT 0,
  image_input_tokens   INTEGER NOT NULL DEFAULT 0,
  output_tokens        INTEGER NOT NULL DEFAULT 0,
  reasoning_tokens     INTEGER NOT NULL DEFAULT 0,
  image_output_tokens  INTEGER NOT NULL DEFAULT 0,
  images               INTEGER NOT NULL DEFAULT 0,
  size                 TEXT,
  source               TEXT,
  pico_usd             INTEGER NOT NULL CHECK (pico_usd >= 0)
);
CREATE INDEX usage_event_by_time ON usage_event (created_at);

CREATE TABLE charge_line (                -- the same money, line by line, as an invoice names it
  event_id TEXT NOT NULL REFERENCES usage_event (id),
  item     TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  pico_usd INTEGER NOT NULL CHECK (pico_usd >= 0),
  PRIMARY KEY (event_id, item)
) WITHOUT ROWID;

CREATE TABLE month_spend (                -- kept in the transaction that bills, so that limits cost one look-up
  month      TEXT NOT NULL,
  project_id TEXT NOT NULL,
  pico_usd   INTEGER NOT NULL,
  PRIMARY KEY (month, project_id)
) WITHOUT ROWID;

CREATE TABLE spend_alert (                -- tells, never blocks; scope is 'organization' or a project id
  id             TEXT PRIMARY KEY,
  scope          TEXT NOT NULL,
  cents          INTEGER NOT NULL CHECK (cents >= 0),
  recipients     TEXT NOT NULL,
  subject_prefix TEXT,
  created_at     INTEGER NOT NULL
);

CREATE TABLE spend_notice (               -- each alert or limit is announced once a month
  month TEXT NOT NULL,
  name  TEXT NOT NULL,
  PRIMARY KEY (month, name)
) WITHOUT ROWID;

CREATE TABLE spend_limit (                -- blocks when enforced
  scope    TEXT PRIMARY KEY,
  cents    INTEGER NOT NULL CHECK (cents > 0),
  enforced INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;

CREATE TABLE rate_limit (                 -- only what differs from the defaults of the catalogue
  project_id TEXT NOT NULL,
  model      TEXT NOT NULL,
  changes    TEXT NOT NULL,
  PRIMARY KEY (project_id, model)
) WITHOUT ROWID;

CREATE TABLE model_permission (
  project_id TEXT PRIMARY KEY,
  mode       TEXT NOT NULL CHECK (mode IN ('allow_list', 'deny_list')),
  models     TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE mail (                       -- facts only; the sentences are in the catalogues
  id         INTEGER PRIMARY KEY,
  kind       TEXT NOT NULL,
  recipients TEXT NOT NULL,
  facts      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  read_at    INTEGER
);

CREATE TABLE fault (
  name  TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE stored_response (            -- kept so that previous_response_id and retrieve find it
  id         TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  project_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  context    TEXT NOT NULL
);
CREATE INDEX stored_response_by_time ON stored_response (created_at);
