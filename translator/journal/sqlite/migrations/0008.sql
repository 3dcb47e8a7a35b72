-- A subject's calls are found by blocks of 8,192 calls: what comes next belongs into the block that was written last, so that
-- an append writes few pages of the index, however many calls there are. See subjects.py.

DROP INDEX calls_subject;
CREATE INDEX calls_block ON calls (seq >> 13, subject);
