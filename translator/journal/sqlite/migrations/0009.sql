-- How far an archive is that has every call (translator/archive), and who writes it at this moment. One row, from the
-- first time on that one is configured.

CREATE TABLE archive (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    identity TEXT NOT NULL,                  -- of this journal, in the names of what it archives
    position INTEGER NOT NULL DEFAULT 0,     -- every call up to this one is in the archive
    wanted_at INTEGER NOT NULL,              -- when a process last said that an archive is configured
    token TEXT,                              -- of who writes
    until INTEGER NOT NULL DEFAULT 0,
    host TEXT NOT NULL DEFAULT '',
    pid INTEGER NOT NULL DEFAULT 0,
    started TEXT NOT NULL DEFAULT '',
    plan TEXT NOT NULL DEFAULT '[[], []]',   -- JSON: names that are being written, and names that they replace
    calls INTEGER NOT NULL DEFAULT 0,        -- archived so far, and their objects' bytes
    bytes INTEGER NOT NULL DEFAULT 0,
    moved_at INTEGER,                        -- when something was archived last
    failing_since INTEGER,
    said TEXT                                -- why it fails
);

CREATE TABLE forsaken (                      -- names in the archive that are to be deleted, and never used again
    name TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE erasures (                      -- people (as hashes) whose calls up to one are to go from the archive too
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mark TEXT NOT NULL,
    last INTEGER NOT NULL,
    at INTEGER NOT NULL
);
