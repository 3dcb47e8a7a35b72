-- Work by the clock (translator/jobs): which process does it, how the last run ended, what it has to remember.

CREATE TABLE jobs (
    name TEXT PRIMARY KEY,
    due INTEGER NOT NULL,                    -- the time that the last run was for
    began_at INTEGER NOT NULL,
    ended_at INTEGER,                        -- none while it runs, or where it was cut
    said TEXT NOT NULL DEFAULT '',
    failed INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL,                  -- how often that run was begun
    token TEXT,
    until INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE job_states (
    job TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (job, key)
) WITHOUT ROWID;
