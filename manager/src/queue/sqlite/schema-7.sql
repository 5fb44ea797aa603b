-- Schedules.

CREATE TABLE schedules (
    tenant     TEXT    NOT NULL DEFAULT 'default',
    name       TEXT    NOT NULL,
    spec       TEXT    NOT NULL,                  -- JSON
    paused     INTEGER NOT NULL,
    revision   INTEGER NOT NULL,                  -- counts all changes; fences the firings of several managers
    created_ms INTEGER NOT NULL,
    next_ms    INTEGER,                           -- when it fires next; not while it is paused
    last_ms    INTEGER,
    last_job   BLOB,                              -- 16 bytes
    problem    TEXT,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_due ON schedules (next_ms) WHERE next_ms IS NOT NULL;
