-- Tenants: every job is one's, and so is every name that clients choose.

CREATE TABLE tenants (
    name        TEXT    PRIMARY KEY,
    weight      INTEGER NOT NULL DEFAULT 1,          -- its share when several have waiting jobs
    max_running INTEGER,                             -- most of its jobs that run at once; no ceiling without it
    created_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO tenants (name, created_ms) VALUES ('default', unixepoch() * 1000);

CREATE TABLE api_keys (
    id                  TEXT    PRIMARY KEY,         -- a UUID; the first part of the key, and no secret
    hash                BLOB    NOT NULL,            -- BLAKE3 of the whole key
    tenant              TEXT,                        -- a worker's without one leases everybody's jobs
    role                TEXT    NOT NULL,
    name                TEXT    NOT NULL,
    requests_per_second INTEGER,                     -- no limit without it
    created_ms          INTEGER NOT NULL,
    last_used_ms        INTEGER,
    revoked_ms          INTEGER
) STRICT, WITHOUT ROWID;

ALTER TABLE jobs ADD COLUMN tenant TEXT NOT NULL DEFAULT 'default';

-- Listings walk a tenant's own jobs; so do the counts of one tenant.
DROP INDEX jobs_by_state;
CREATE INDEX jobs_by_state ON jobs (tenant, state, seq);
CREATE INDEX jobs_by_tenant ON jobs (tenant, seq);
DROP INDEX jobs_by_script;
CREATE INDEX jobs_by_script ON jobs (tenant, script_name, seq);
DROP INDEX jobs_dead;
CREATE INDEX jobs_dead ON jobs (tenant, seq) WHERE dead = 1;
DROP INDEX jobs_blocked;
CREATE INDEX jobs_blocked ON jobs (state, hold, tenant, concurrency_key, priority DESC, seq) WHERE state = 0 AND hold = 2;

CREATE TABLE tags_of_tenants (
    tenant TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    value  TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (tenant, key, value, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO tags_of_tenants SELECT 'default', key, value, seq FROM tags;
DROP TABLE tags;
ALTER TABLE tags_of_tenants RENAME TO tags;

CREATE TABLE idempotency_keys_of_tenants (
    tenant     TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    body       BLOB    NOT NULL,                     -- BLAKE3
    seq        INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
INSERT INTO idempotency_keys_of_tenants SELECT 'default', key, body, seq, created_ms FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_of_tenants RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_by_job ON idempotency_keys (seq);

CREATE TABLE concurrency_keys_of_tenants (
    tenant TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
INSERT INTO concurrency_keys_of_tenants SELECT 'default', key, seq FROM concurrency_keys;
DROP TABLE concurrency_keys;
ALTER TABLE concurrency_keys_of_tenants RENAME TO concurrency_keys;

-- The tenant makes the counts of one tenant's delayed jobs need no more than the index.
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (state, hold, due_ms, tenant) WHERE state = 0 AND hold = 1;
