-- Tenants: every job is one's, and so is every name that clients choose. SQLite's third schema has the comments.

CREATE TABLE tenants (
    name        text    PRIMARY KEY,
    weight      integer NOT NULL DEFAULT 1,
    max_running integer,
    created_ms  bigint  NOT NULL
);
INSERT INTO tenants (name, created_ms) VALUES ('default', (extract(epoch FROM clock_timestamp()) * 1000)::bigint);

CREATE TABLE api_keys (
    id                  text    PRIMARY KEY,
    hash                bytea   NOT NULL,
    tenant              text,
    role                text    NOT NULL,
    name                text    NOT NULL,
    requests_per_second integer,
    created_ms          bigint  NOT NULL,
    last_used_ms        bigint,
    revoked_ms          bigint
);

ALTER TABLE jobs ADD COLUMN tenant text NOT NULL DEFAULT 'default';

DROP INDEX jobs_by_state;
CREATE INDEX jobs_by_state ON jobs (tenant, state, seq);
CREATE INDEX jobs_by_tenant ON jobs (tenant, seq);
DROP INDEX jobs_by_script;
CREATE INDEX jobs_by_script ON jobs (tenant, script_name, seq);
DROP INDEX jobs_dead;
CREATE INDEX jobs_dead ON jobs (tenant, seq) WHERE dead;
DROP INDEX jobs_blocked;
CREATE INDEX jobs_blocked ON jobs (tenant, concurrency_key, priority DESC, seq) WHERE state = 0 AND hold = 2;

ALTER TABLE tags ADD COLUMN tenant text NOT NULL DEFAULT 'default';
ALTER TABLE tags DROP CONSTRAINT tags_pkey, ADD PRIMARY KEY (tenant, key, value, seq);
ALTER TABLE idempotency_keys ADD COLUMN tenant text NOT NULL DEFAULT 'default';
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey, ADD PRIMARY KEY (tenant, key);
ALTER TABLE concurrency_keys ADD COLUMN tenant text NOT NULL DEFAULT 'default';
ALTER TABLE concurrency_keys DROP CONSTRAINT concurrency_keys_pkey, ADD PRIMARY KEY (tenant, key);
