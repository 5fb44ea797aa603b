-- Times are milliseconds since 1970 UTC. States are numbered in the order of a job's life:
-- 0 queued, 1 running, 2 succeeded, 3 failed, 4 cancelled.

-- What scans and leases touch: small rows. Whatever a client or a script makes large is in the tables below.
CREATE TABLE jobs (
    seq              INTEGER PRIMARY KEY,         -- order of arrival: of the queue and of listings
    id               BLOB    NOT NULL UNIQUE,     -- 16 bytes
    state            INTEGER NOT NULL,
    attempt          INTEGER NOT NULL DEFAULT 0,  -- counted when leased; never goes backwards
    losses           INTEGER NOT NULL DEFAULT 0,  -- leases that ran out, and faults; a release is none
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    worker           TEXT,                        -- who holds the lease; set while running
    lease_until_ms   INTEGER,                     -- set while running
    created_ms       INTEGER NOT NULL,
    queued_ms        INTEGER NOT NULL,            -- when it was last queued
    started_ms       INTEGER,
    finished_ms      INTEGER,
    payload_bytes    INTEGER NOT NULL,
    script_name      TEXT    NOT NULL,
    source_bytes     INTEGER NOT NULL,
    entry            TEXT,
    limits           TEXT    NOT NULL,            -- JSON
    tags             TEXT    NOT NULL             -- JSON
) STRICT;

-- Acquire takes the least seq of state 0; depths count it; listings by state walk it backwards.
CREATE INDEX jobs_by_state ON jobs (state, seq);
CREATE INDEX jobs_by_script ON jobs (script_name, seq);
-- The sweep for lost leases.
CREATE INDEX jobs_by_lease ON jobs (lease_until_ms) WHERE state = 1;
-- What a worker must be told.
CREATE INDEX jobs_cancelling ON jobs (worker) WHERE state = 1 AND cancel_requested = 1;

-- What a worker gets and nobody else reads.
CREATE TABLE payloads (
    seq       INTEGER PRIMARY KEY,
    script    TEXT NOT NULL,
    input     TEXT NOT NULL,                      -- JSON
    context   TEXT NOT NULL,                      -- JSON
    libraries TEXT NOT NULL,                      -- JSON
    seed      INTEGER                             -- the bits of an unsigned number
) STRICT;

-- How a job ended: one row per job in a final state. Usage and engine are absent when no run's report ended it.
CREATE TABLE outcomes (
    seq     INTEGER PRIMARY KEY,
    outcome TEXT NOT NULL,                        -- JSON
    usage   TEXT,                                 -- JSON
    engine  TEXT
) STRICT;

-- Log lines of attempts, in chunks of consecutive offsets.
CREATE TABLE logs (
    seq          INTEGER NOT NULL,
    attempt      INTEGER NOT NULL,
    first_offset INTEGER NOT NULL,
    line_count   INTEGER NOT NULL,
    lines        TEXT    NOT NULL,                -- JSON array
    PRIMARY KEY (seq, attempt, first_offset)
) STRICT;

CREATE TABLE tags (
    key   TEXT    NOT NULL,
    value TEXT    NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (key, value, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    key        TEXT    PRIMARY KEY,
    body       BLOB    NOT NULL,                  -- BLAKE3
    seq        INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
