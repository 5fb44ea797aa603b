-- The same tables as SQLite's (which has the comments), in PostgreSQL's types. JSON is text: a script's JSON comes back as it was written.

CREATE SEQUENCE job_seq;

CREATE TABLE jobs (
    seq             bigint   PRIMARY KEY,
    id              uuid     NOT NULL UNIQUE,
    state           smallint NOT NULL,
    hold            smallint NOT NULL,
    attempt         integer  NOT NULL DEFAULT 0,
    losses          integer  NOT NULL DEFAULT 0,
    priority        integer  NOT NULL,
    dead            boolean  NOT NULL DEFAULT false,
    worker          text,
    lease_until_ms  bigint,
    created_ms      bigint   NOT NULL,
    queued_ms       bigint   NOT NULL,
    due_ms          bigint   NOT NULL,
    start_by_ms     bigint,
    started_ms      bigint,
    finished_ms     bigint,
    payload_bytes   bigint   NOT NULL,
    source_bytes    bigint   NOT NULL,
    script_name     text     NOT NULL,
    entry           text,
    concurrency_key text,
    cancelled_by    text,
    terms           text     NOT NULL,
    tags            text     NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX jobs_ready ON jobs (priority DESC, seq) WHERE state = 0 AND hold = 0;
CREATE INDEX jobs_by_state ON jobs (state, seq);
CREATE INDEX jobs_by_script ON jobs (script_name, seq);
CREATE INDEX jobs_by_lease ON jobs (lease_until_ms) WHERE state = 1;
CREATE INDEX jobs_due ON jobs (due_ms) WHERE state = 0 AND hold = 1;
CREATE INDEX jobs_blocked ON jobs (concurrency_key, priority DESC, seq) WHERE state = 0 AND hold = 2;
CREATE INDEX jobs_start_by ON jobs (start_by_ms) WHERE state = 0 AND start_by_ms IS NOT NULL;
CREATE INDEX jobs_cancelling ON jobs (worker) WHERE state = 1 AND cancelled_by IS NOT NULL;
CREATE INDEX jobs_finished ON jobs (finished_ms) WHERE finished_ms IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (seq) WHERE dead;

-- A script's source may hold U+0000, which no text of PostgreSQL can.
CREATE TABLE payloads (
    seq       bigint PRIMARY KEY,
    script    bytea  NOT NULL,
    input     text   NOT NULL,
    context   text   NOT NULL,
    libraries text   NOT NULL,
    seed      bigint
);

CREATE TABLE outcomes (
    seq     bigint PRIMARY KEY,
    outcome text   NOT NULL,
    usage   text,
    engine  text
);

CREATE TABLE logs (
    seq          bigint  NOT NULL,
    attempt      integer NOT NULL,
    first_offset bigint  NOT NULL,
    line_count   bigint  NOT NULL,
    lines        text    NOT NULL,
    PRIMARY KEY (seq, attempt, first_offset)
);

CREATE TABLE tags (
    key   text   NOT NULL,
    value text   NOT NULL,
    seq   bigint NOT NULL,
    PRIMARY KEY (key, value, seq)
);
CREATE INDEX tags_by_job ON tags (seq);

CREATE TABLE idempotency_keys (
    key        text   PRIMARY KEY,
    body       bytea  NOT NULL,
    id         uuid   NOT NULL,
    created_ms bigint NOT NULL
);
CREATE INDEX idempotency_keys_by_job ON idempotency_keys (id);

CREATE TABLE concurrency_keys (
    key text   PRIMARY KEY,
    seq bigint NOT NULL
);

CREATE TABLE lost_attempts (
    seq     bigint  NOT NULL,
    attempt integer NOT NULL,
    lost    text    NOT NULL,
    PRIMARY KEY (seq, attempt)
);
