-- Keys and values of tenants, for their scripts.

CREATE TABLE kv_spaces (
    tenant    TEXT    NOT NULL,
    namespace TEXT    NOT NULL,
    version   INTEGER NOT NULL,                   -- of the last write
    keys      INTEGER NOT NULL,
    bytes     INTEGER NOT NULL,                   -- of keys and values
    PRIMARY KEY (tenant, namespace)
) STRICT, WITHOUT ROWID;

CREATE TABLE kv (
    tenant     TEXT    NOT NULL,
    namespace  TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    value      TEXT    NOT NULL,                  -- JSON
    version    INTEGER NOT NULL,
    expires_ms INTEGER,                           -- from then on it is as good as not there
    PRIMARY KEY (tenant, namespace, key)
) STRICT;
CREATE INDEX kv_expiring ON kv (expires_ms) WHERE expires_ms IS NOT NULL;
