-- Credits of the PostPickr plan used up in a month (UTC): the purse beside the linked key.

CREATE TABLE plan_credit (
  month TEXT PRIMARY KEY,
  used  INTEGER NOT NULL CHECK (typeof(used) = 'integer' AND used >= 0)
) WITHOUT ROWID;
