-- A key is known by its end and, from now on, a fingerprint ("…WXYZ#0123456789ab"): in a class two keys can end
-- in the same four characters. The salt it is made with is this ledger's own and moves with the books.

CREATE TABLE key_salt (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  salt TEXT NOT NULL
) STRICT;
INSERT INTO key_salt VALUES (1, lower(hex(randomblob(16))));
