-- The index of lines, cut into blocks of 8,192 calls by the order of arrival (lines.py): in one index of all lines each
-- call that comes belongs somewhere else, and each page that it lies on is written in full after a checkpoint.

CREATE INDEX calls_block ON translator.calls ((seq >> 13), line);
