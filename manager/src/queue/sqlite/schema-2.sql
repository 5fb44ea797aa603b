-- Priorities, times, retries, concurrency keys, and what became of attempts that did not end their jobs.

ALTER TABLE jobs ADD COLUMN priority        INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN hold            INTEGER NOT NULL DEFAULT 0;  -- of a queued job: 0 ready, 1 until due_ms, 2 by its key
ALTER TABLE jobs ADD COLUMN due_ms          INTEGER NOT NULL DEFAULT 0;  -- does not start before
ALTER TABLE jobs ADD COLUMN start_by_ms     INTEGER;                     -- set until it first starts
ALTER TABLE jobs ADD COLUMN cancelled_by    TEXT;                        -- JSON
ALTER TABLE jobs ADD COLUMN dead            INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN concurrency_key TEXT;

UPDATE jobs SET cancelled_by = '{"by":"unknown"}' WHERE cancel_requested = 1;
DROP INDEX jobs_cancelling;
ALTER TABLE jobs DROP COLUMN cancel_requested;
-- With the limits, how it is retried; all that was promised.
ALTER TABLE jobs RENAME COLUMN limits TO terms;

-- Acquire walks the first of these. They begin with what they are limited to, or SQLite would look into each row to count them. Without
-- statistics its planner prefers jobs_by_state, and sorts: queries name the index that they mean.
CREATE INDEX jobs_ready ON jobs (state, hold, priority DESC, seq) WHERE state = 0 AND hold = 0;
CREATE INDEX jobs_due ON jobs (state, hold, due_ms) WHERE state = 0 AND hold = 1;
CREATE INDEX jobs_blocked ON jobs (state, hold, concurrency_key, priority DESC, seq) WHERE state = 0 AND hold = 2;
CREATE INDEX jobs_start_by ON jobs (state, start_by_ms) WHERE state = 0 AND start_by_ms IS NOT NULL;
DROP INDEX jobs_by_lease;
CREATE INDEX jobs_by_lease ON jobs (state, lease_until_ms) WHERE state = 1;
CREATE INDEX jobs_cancelling ON jobs (worker) WHERE state = 1 AND cancelled_by IS NOT NULL;
CREATE INDEX jobs_finished ON jobs (finished_ms) WHERE finished_ms IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (seq) WHERE dead = 1;

-- Which job has the place under a concurrency key: ready or running.
CREATE TABLE concurrency_keys (
    key TEXT    PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Attempts that did not end their job.
CREATE TABLE lost_attempts (
    seq     INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    lost    TEXT    NOT NULL,                     -- JSON
    PRIMARY KEY (seq, attempt)
) STRICT, WITHOUT ROWID;
