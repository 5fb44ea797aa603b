-- Jobs that runs submit, how far runs have come, and journals of those that were recorded.

ALTER TABLE jobs ADD COLUMN parent   BLOB;                        -- 16 bytes
ALTER TABLE jobs ADD COLUMN root     BLOB;                        -- the client's job above it
ALTER TABLE jobs ADD COLUMN depth    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN progress TEXT;                        -- JSON
CREATE INDEX jobs_by_root ON jobs (root) WHERE root IS NOT NULL;

CREATE TABLE journals (
    seq     INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    journal BLOB    NOT NULL,
    PRIMARY KEY (seq, attempt)
) STRICT;
