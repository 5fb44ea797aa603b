-- Published scripts and libraries. What jobs take of them is found by tenant, kind, name and version, and never changes.

-- kind: 0 script, 1 library.
CREATE TABLE published_names (
    tenant     text    NOT NULL DEFAULT 'default',
    kind       smallint NOT NULL,
    name       text    NOT NULL,
    latest     integer NOT NULL,                  -- the version that was published last; not always the highest
    versions   integer NOT NULL,                  -- the highest
    updated_ms bigint NOT NULL,
    PRIMARY KEY (tenant, kind, name)
);

CREATE TABLE published_versions (
    tenant       text    NOT NULL DEFAULT 'default',
    kind         smallint NOT NULL,
    name         text    NOT NULL,
    version      integer NOT NULL,
    hash         bytea    NOT NULL,                -- BLAKE3 of what was published
    created_ms   bigint NOT NULL,
    source_bytes bigint NOT NULL,
    manifest     text    NOT NULL,                -- JSON
    modules      text    NOT NULL,                -- JSON: sources by path
    PRIMARY KEY (tenant, kind, name, version)
);
CREATE UNIQUE INDEX published_versions_by_hash ON published_versions (tenant, kind, name, hash);

CREATE TABLE published_aliases (
    tenant     text    NOT NULL DEFAULT 'default',
    kind       smallint NOT NULL,
    name       text    NOT NULL,
    alias      text    NOT NULL,
    version    integer NOT NULL,
    changed_ms bigint NOT NULL,
    PRIMARY KEY (tenant, kind, name, alias)
);

ALTER TABLE jobs ADD COLUMN script_version integer;
-- Which published versions the job runs: JSON. What is not among them is in the columns beside it.
ALTER TABLE payloads ADD COLUMN pins text;
