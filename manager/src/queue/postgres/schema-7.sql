-- Keys and values of tenants, for their scripts. Keys are in the order of their bytes.

CREATE TABLE kv_spaces (
    tenant    text   NOT NULL,
    namespace text   NOT NULL,
    version   bigint NOT NULL,
    keys      bigint NOT NULL,
    bytes     bigint NOT NULL,
    PRIMARY KEY (tenant, namespace)
) WITH (fillfactor = 80);

CREATE TABLE kv (
    tenant     text   NOT NULL,
    namespace  text   NOT NULL,
    key        text   NOT NULL COLLATE "C",
    value      text   NOT NULL,
    version    bigint NOT NULL,
    expires_ms bigint,
    PRIMARY KEY (tenant, namespace, key)
);
CREATE INDEX kv_expiring ON kv (expires_ms) WHERE expires_ms IS NOT NULL;
