-- What each delivery process delivers to: a JSON list of names.

ALTER TABLE processes ADD COLUMN destinations TEXT NOT NULL DEFAULT '[]';
