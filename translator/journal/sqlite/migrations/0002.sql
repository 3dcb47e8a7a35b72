-- What is remembered is let go of when it was not written for long, and destinations have a memory of their own.

ALTER TABLE memory ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;
CREATE INDEX memory_touched ON memory (touched);

-- What all subjects of a destination share: key to an object of entries, each with the time "at" that decides between two.
CREATE TABLE shared (
    destination INTEGER NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    touched INTEGER NOT NULL,
    PRIMARY KEY (destination, key)
) WITHOUT ROWID;
CREATE INDEX shared_touched ON shared (touched);

UPDATE memory SET touched = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
