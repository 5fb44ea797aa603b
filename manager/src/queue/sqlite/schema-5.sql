-- Published scripts and libraries. What jobs take of them is found by tenant, kind, name and version, and never changes.

-- kind: 0 script, 1 library.
CREATE TABLE published_names (
    tenant     TEXT    NOT NULL DEFAULT 'default',
    kind       INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    latest     INTEGER NOT NULL,                  -- the version that was published last; not always the highest
    versions   INTEGER NOT NULL,                  -- the highest
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE published_versions (
    tenant       TEXT    NOT NULL DEFAULT 'default',
    kind         INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    hash         BLOB    NOT NULL,                -- BLAKE3 of what was published
    created_ms   INTEGER NOT NULL,
    source_bytes INTEGER NOT NULL,
    manifest     TEXT    NOT NULL,                -- JSON
    modules      TEXT    NOT NULL,                -- JSON: sources by path
    PRIMARY KEY (tenant, kind, name, version)
) STRICT;
CREATE UNIQUE INDEX published_versions_by_hash ON published_versions (tenant, kind, name, hash);

CREATE TABLE published_aliases (
    tenant     TEXT    NOT NULL DEFAULT 'default',
    kind       INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    alias      TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, name, alias)
) STRICT, WITHOUT ROWID;

ALTER TABLE jobs ADD COLUMN script_version INTEGER;
-- Which published versions the job runs: JSON. What is not among them is in the columns beside it.
ALTER TABLE payloads ADD COLUMN pins TEXT;
