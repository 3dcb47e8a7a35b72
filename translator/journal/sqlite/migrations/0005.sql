-- What each process delivers to (a JSON list of names), and whether it delivers by now, or has only begun to start.

ALTER TABLE processes ADD COLUMN destinations TEXT NOT NULL DEFAULT '[]';
ALTER TABLE processes ADD COLUMN delivers INTEGER NOT NULL DEFAULT 1;
