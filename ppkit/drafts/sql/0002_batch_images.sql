-- A post of a batch may have an image: "written" has its text and waits for it, "drawing" is being drawn.
CREATE TABLE batch_item_2 (
  batch_id INTEGER NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  item TEXT NOT NULL CHECK (json_valid(item)),
  state TEXT NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'writing', 'written', 'drawing', 'done', 'failed', 'doubtful')),
  draft_id INTEGER, -- also of a failed or doubtful image: its text is kept, and not paid for again
  problem TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (batch_id, position)
) WITHOUT ROWID;
INSERT INTO batch_item_2 SELECT batch_id, position, item, state, draft_id, problem FROM batch_item;
DROP TABLE batch_item;
ALTER TABLE batch_item_2 RENAME TO batch_item;
