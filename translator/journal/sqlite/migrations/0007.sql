-- Of each source the newest refused messages are kept, and fewer of the large ones (LARGE_BYTES in rows.py). Neither
-- index reads a body.

CREATE INDEX refused_source ON refused (source);
CREATE INDEX refused_large ON refused (source) WHERE length(body) > 65536;
