-- What people look at: what became of each call, in which request; what was counted over time; the groups that were seen.

CREATE TABLE translator.finished (
    seq bigint NOT NULL,
    destination int NOT NULL,
    at bigint NOT NULL,
    ignored text,                                          -- why it became nothing; NULL: delivered
    request bigint,                                        -- the last one that carried it
    PRIMARY KEY (seq, destination)
);

ALTER TABLE translator.attempts ADD COLUMN request bigint;
ALTER TABLE translator.dead ADD COLUMN request bigint;
CREATE INDEX open_why ON translator.open (destination, why) WHERE why IS NOT NULL;
CREATE INDEX dead_why ON translator.dead (destination, why, id);

CREATE TABLE translator.configurations (                   -- what calls were translated under, whenever it changed
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination text NOT NULL,
    hash text NOT NULL,
    at bigint NOT NULL,
    said text NOT NULL
);

CREATE TABLE translator.spans (                            -- what a process counted in a minute, or ten
    seconds int NOT NULL,
    began bigint NOT NULL,
    owner text NOT NULL,
    counts text NOT NULL,                                  -- a JSON object
    PRIMARY KEY (seconds, began, owner)
);

CREATE TABLE translator.seen (                             -- groups and what belongs to them, as they were delivered
    destination int NOT NULL,
    kind text NOT NULL,
    line bytea NOT NULL,                                   -- the hash of the name
    name text NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    count bigint NOT NULL,
    said text NOT NULL,                                    -- a JSON object: facets, samples, label
    PRIMARY KEY (destination, kind, line)
);
CREATE INDEX seen_last ON translator.seen (destination, kind, last_at);

CREATE TABLE translator.forgotten (                        -- people who were forgotten a moment ago, as hashes
    mark text PRIMARY KEY,
    at bigint NOT NULL
);
