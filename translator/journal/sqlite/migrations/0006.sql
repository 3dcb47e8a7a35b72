-- What people look at: what became of each call, in which request; what was counted over time; the groups that were seen.

CREATE TABLE finished (
    seq INTEGER NOT NULL,
    destination INTEGER NOT NULL,
    at INTEGER NOT NULL,
    ignored TEXT,                            -- why it became nothing; NULL: delivered
    request INTEGER,                         -- the last one that carried it
    PRIMARY KEY (seq, destination)
) WITHOUT ROWID;

CREATE INDEX open_why ON open (destination, why) WHERE why IS NOT NULL;
CREATE INDEX calls_subject ON calls (subject);
ALTER TABLE attempts ADD COLUMN request INTEGER;
ALTER TABLE dead ADD COLUMN request INTEGER;
CREATE INDEX dead_why ON dead (destination, why);

CREATE TABLE configurations (                -- what calls were translated under, whenever it changed
    id INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    hash TEXT NOT NULL,
    at INTEGER NOT NULL,
    said TEXT NOT NULL
);

CREATE TABLE spans (                         -- what a process counted in a minute, or ten
    seconds INTEGER NOT NULL,
    began INTEGER NOT NULL,
    owner TEXT NOT NULL,
    counts TEXT NOT NULL,                    -- a JSON object
    PRIMARY KEY (seconds, began, owner)
) WITHOUT ROWID;

CREATE TABLE seen (                          -- groups and what belongs to them, as they were delivered
    destination INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    said TEXT NOT NULL,                      -- a JSON object: facets, samples, label
    PRIMARY KEY (destination, kind, name)
) WITHOUT ROWID;
CREATE INDEX seen_last ON seen (destination, kind, last_at);

CREATE TABLE forgotten (                     -- people who were forgotten a moment ago, as hashes: nothing of them is noted
    mark TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) WITHOUT ROWID;
