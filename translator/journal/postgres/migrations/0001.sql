-- The journal. Times are ms since the epoch, by the server's clock but for received_at. A line is the hash of a subject:
-- its calls are delivered in order, and any length of it fits into an index.

CREATE SEQUENCE translator.calls_seq;

CREATE TABLE translator.calls (
    seq bigint PRIMARY KEY,                                -- the order of arrival; has gaps; commits in any order
    source text NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    line bytea NOT NULL,
    received_at bigint NOT NULL,
    ip text,
    derived boolean NOT NULL,
    body text NOT NULL,                                    -- the raw call, JSON text
    UNIQUE (source, message_id)
);
CREATE INDEX calls_received ON translator.calls (received_at);
CREATE INDEX calls_line ON translator.calls (line);           -- to forget a person

CREATE TABLE translator.destinations (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    attached boolean NOT NULL DEFAULT true,                -- named by the configuration at the last start
    position bigint NOT NULL DEFAULT 0,                    -- of one that is not attached: the newest call when it left
    base bigint NOT NULL DEFAULT 0,                        -- accepted calls that were none of this destination's
    delivered bigint NOT NULL DEFAULT 0,
    ignored bigint NOT NULL DEFAULT 0,
    dead bigint NOT NULL DEFAULT 0,                        -- dead letters, dropped ones included
    circuit text,                                          -- why a person is needed
    circuit_since bigint
);

-- A call that was not handed out yet: written with the call, so that a late commit cannot be passed over.
CREATE TABLE translator.fresh (
    destination int NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (destination, seq)
);

-- A call that was handed out and is not finished. Of one line only the first unfinished call is ever due.
CREATE TABLE translator.open (
    destination int NOT NULL,
    seq bigint NOT NULL,
    line bytea NOT NULL,
    token uuid,                                            -- of the lease that has it
    due_at bigint,                                         -- NULL: leased, or behind an earlier call of its line
    attempts int NOT NULL DEFAULT 0,
    unknown_since bigint,                                  -- the first attempt whose outcome is not known
    why text,
    PRIMARY KEY (destination, seq)
);
CREATE INDEX open_line ON translator.open (destination, line, seq);
CREATE INDEX open_due ON translator.open (destination, due_at, seq) WHERE due_at IS NOT NULL;
CREATE INDEX open_head ON translator.open (destination, line) WHERE due_at IS NOT NULL;

CREATE TABLE translator.leases (
    token uuid PRIMARY KEY,
    destination int NOT NULL,
    calls bigint[] NOT NULL,
    began bigint NOT NULL,
    until bigint NOT NULL,
    host text NOT NULL,
    pid int NOT NULL,
    started text NOT NULL                                  -- when that process started: a pid used again is another
);

CREATE TABLE translator.dead (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination int NOT NULL,
    seq bigint NOT NULL,
    why text NOT NULL,
    answer text NOT NULL,
    at bigint NOT NULL,
    attempts int NOT NULL,
    unknown_since bigint
);
CREATE INDEX dead_seq ON translator.dead (seq);

CREATE TABLE translator.refused (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    received_at bigint NOT NULL,
    faults text NOT NULL,
    body bytea NOT NULL
);

CREATE TABLE translator.memory (
    destination int NOT NULL,
    line bytea NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,
    touched bigint NOT NULL,
    PRIMARY KEY (destination, line)
);
CREATE INDEX memory_touched ON translator.memory (touched);

-- What all subjects of a destination share: key to an object of entries, each with the time "at" that decides between two.
CREATE TABLE translator.shared (
    destination int NOT NULL,
    line bytea NOT NULL,                                   -- the hash of the key
    key text NOT NULL,
    state text NOT NULL,
    touched bigint NOT NULL,
    PRIMARY KEY (destination, line)
);
CREATE INDEX shared_touched ON translator.shared (touched);

CREATE TABLE translator.processes (
    host text NOT NULL,
    pid int NOT NULL,
    started text NOT NULL,
    seen_at bigint NOT NULL,
    destinations text[] NOT NULL DEFAULT '{}',             -- what it delivers to
    delivers boolean NOT NULL DEFAULT true,                -- by now; else it has only begun to start
    PRIMARY KEY (host, pid)
);

-- The counters of the door, a row for each process that appends, so that none waits for another's commit.
CREATE TABLE translator.appenders (
    owner text PRIMARY KEY,                                -- '': what processes of the past have counted
    number bigint NOT NULL DEFAULT 0,                      -- of its last group of appends
    places bigint[],                                       -- which calls of that group were new
    touched bigint NOT NULL DEFAULT 0,
    received bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    refused_kept bigint NOT NULL DEFAULT 0,
    refused_answered bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE translator.requests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination int NOT NULL,
    token uuid NOT NULL,                                   -- of the lease
    began bigint NOT NULL,
    api text NOT NULL,
    calls bigint[] NOT NULL,
    configuration text NOT NULL,                           -- a hash of what they were translated under
    ended bigint,                                          -- NULL: whether Amplitude has it is not known
    answer text                                            -- a status, or timeout, refused, reset; with what it said
);
CREATE INDEX requests_token ON translator.requests (token);
CREATE INDEX requests_began ON translator.requests (began);

CREATE TABLE translator.attempts (                         -- that did not end well
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination int NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    why text NOT NULL
);
CREATE INDEX attempts_seq ON translator.attempts (seq);

-- Rows of these come and go quickly: vacuum them soon, whatever their size.
ALTER TABLE translator.fresh SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE translator.open SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE translator.calls SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
