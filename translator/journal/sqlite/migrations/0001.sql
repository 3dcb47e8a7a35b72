-- The journal. Times are ms since the epoch.

CREATE TABLE calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,   -- the order of arrival; never used again after pruning
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    ip TEXT,
    derived INTEGER NOT NULL,
    body BLOB NOT NULL,                      -- the raw call, JSON text
    UNIQUE (source, message_id)
);

CREATE TABLE destinations (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    attached INTEGER NOT NULL DEFAULT 1,     -- named by the configuration at the last start
    position INTEGER NOT NULL,               -- every call up to this one has been handed out
    base INTEGER NOT NULL,                   -- accepted calls that were none of this destination's
    handed INTEGER NOT NULL DEFAULT 0,       -- calls handed out so far
    unfinished INTEGER NOT NULL DEFAULT 0,   -- rows of it in open
    delivered INTEGER NOT NULL DEFAULT 0,
    ignored INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0          -- dead letters, dropped ones included
);

-- A call that was handed out and is not finished. Of one subject only the first unfinished call is ever due.
CREATE TABLE open (
    destination INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    subject TEXT NOT NULL,
    token TEXT,                              -- of the lease that has it
    due_at INTEGER,                          -- NULL: leased, or behind an earlier call of its subject
    attempts INTEGER NOT NULL DEFAULT 0,
    unknown_since INTEGER,                   -- the first attempt whose outcome is not known
    why TEXT,
    PRIMARY KEY (destination, seq)
) WITHOUT ROWID;
CREATE INDEX open_due ON open (destination, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX open_subject ON open (destination, subject, seq);

CREATE TABLE leases (
    token TEXT PRIMARY KEY,
    destination INTEGER NOT NULL,
    began INTEGER NOT NULL,
    until INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL                    -- when that process started, so that a pid used again is another process
);

CREATE TABLE dead (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    destination INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    why TEXT NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    unknown_since INTEGER
);
CREATE INDEX dead_seq ON dead (seq);

CREATE TABLE refused (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    faults TEXT NOT NULL,
    body BLOB NOT NULL
);

CREATE TABLE memory (
    destination INTEGER NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (destination, subject)
) WITHOUT ROWID;

CREATE TABLE processes (
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (host, pid)
) WITHOUT ROWID;

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('received', 0), ('accepted', 0), ('duplicates', 0), ('refused_kept', 0), ('refused_answered', 0);
