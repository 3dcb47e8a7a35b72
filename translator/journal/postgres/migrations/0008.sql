-- Work by the clock (translator/jobs): which process does it, how the last run ended, what it has to remember.

CREATE TABLE translator.jobs (
    name text PRIMARY KEY,
    due bigint NOT NULL,                                   -- the time that the last run was for
    began_at bigint NOT NULL,
    ended_at bigint,                                       -- none while it runs, or where it was cut
    said text NOT NULL DEFAULT '',
    failed boolean NOT NULL DEFAULT false,
    tries int NOT NULL,                                    -- how often that run was begun
    token uuid,
    until bigint NOT NULL,
    host text NOT NULL,
    pid int NOT NULL,
    started text NOT NULL
);

CREATE TABLE translator.job_states (
    job text NOT NULL,
    line bytea NOT NULL,                                   -- stands for the key, which may be long
    key text NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (job, line)
);
