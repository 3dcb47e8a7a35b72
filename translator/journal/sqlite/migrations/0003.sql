-- Requests that were sent, so that only what may have left counts as tried; failed attempts; circuits for every process.

CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    destination INTEGER NOT NULL,
    token TEXT NOT NULL,                     -- of the lease
    began INTEGER NOT NULL,
    api TEXT NOT NULL,
    calls TEXT NOT NULL,                     -- JSON array of seq
    configuration TEXT NOT NULL,             -- a hash of what they were translated under
    ended INTEGER,                           -- NULL: whether Amplitude has it is not known
    answer TEXT                              -- a status, or timeout, refused, reset; with what it said where it is not 200
);
CREATE INDEX requests_token ON requests (token);
CREATE INDEX requests_began ON requests (began);

CREATE TABLE attempts (                      -- that did not end well
    destination INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    why TEXT NOT NULL
);
CREATE INDEX attempts_seq ON attempts (seq);

ALTER TABLE destinations ADD COLUMN circuit TEXT;          -- why a person is needed
ALTER TABLE destinations ADD COLUMN circuit_since INTEGER;
