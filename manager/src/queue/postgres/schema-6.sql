-- Schedules. SQLite's seventh schema has the comments.

CREATE TABLE schedules (
    tenant     text    NOT NULL DEFAULT 'default',
    name       text    NOT NULL,
    spec       text    NOT NULL,
    paused     boolean NOT NULL,
    revision   bigint  NOT NULL,
    created_ms bigint  NOT NULL,
    next_ms    bigint,
    last_ms    bigint,
    last_job   uuid,
    problem    text,
    PRIMARY KEY (tenant, name)
);
CREATE INDEX schedules_due ON schedules (next_ms) WHERE next_ms IS NOT NULL;
