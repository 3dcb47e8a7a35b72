-- Of each source the newest refused messages are kept, and fewer of the large ones (LARGE_BYTES in rows.py). Neither
-- index reads a body. A program of before keeps the newest of all sources together, and needs neither.

CREATE INDEX refused_source ON translator.refused (source, id);
CREATE INDEX refused_large ON translator.refused (source, id) WHERE octet_length(body) > 65536;
