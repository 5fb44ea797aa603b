-- Jobs that runs submit, how far runs have come, and journals of those that were recorded.

ALTER TABLE jobs ADD COLUMN parent   uuid;
ALTER TABLE jobs ADD COLUMN root     uuid;
ALTER TABLE jobs ADD COLUMN depth    integer NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN progress text;
CREATE INDEX jobs_by_root ON jobs (root) WHERE root IS NOT NULL;

CREATE TABLE journals (
    seq     bigint  NOT NULL,
    attempt integer NOT NULL,
    journal bytea   NOT NULL,
    PRIMARY KEY (seq, attempt)
);
