-- Versions can be withdrawn: jobs that were stored with one still run it, and no other job gets it.

ALTER TABLE published_versions ADD COLUMN withdrawn_ms bigint;
