-- How far an archive is that has every call (translator/archive), and who writes it at this moment. One row, from the
-- first time on that one is configured. A program of before deletes old calls whether they are archived or not, and
-- notes no erasure.

CREATE TABLE translator.archive (
    id int PRIMARY KEY CHECK (id = 1),
    identity text NOT NULL,                                -- of this journal, in the names of what it archives
    position bigint NOT NULL DEFAULT 0,                    -- every call up to this one is in the archive
    wanted_at bigint NOT NULL,                             -- when a process last said that an archive is configured
    token uuid,                                            -- of who writes
    until bigint NOT NULL DEFAULT 0,
    host text NOT NULL DEFAULT '',
    pid int NOT NULL DEFAULT 0,
    started text NOT NULL DEFAULT '',
    plan text NOT NULL DEFAULT '[[], []]',                 -- JSON: names that are being written, and what they replace
    calls bigint NOT NULL DEFAULT 0,                       -- archived so far, and their objects' bytes
    bytes bigint NOT NULL DEFAULT 0,
    moved_at bigint,                                       -- when something was archived last
    failing_since bigint,
    said text                                              -- why it fails
);

CREATE TABLE translator.forsaken (                         -- names to be deleted there, and never used again
    name text PRIMARY KEY,
    at bigint NOT NULL
);

CREATE TABLE translator.erasures (                         -- people (hashes) whose calls up to one are to go there too
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mark text NOT NULL,
    last bigint NOT NULL,
    at bigint NOT NULL
);
