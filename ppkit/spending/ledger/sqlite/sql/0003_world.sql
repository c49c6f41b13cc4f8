-- Which world these books belong to, "practice" or "live": one ledger never holds both kinds of money.
CREATE TABLE world (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  mode TEXT NOT NULL CHECK (mode IN ('practice', 'live'))
);
