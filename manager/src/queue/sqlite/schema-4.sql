-- Acquire walks each tenant's ready jobs for itself.

DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (state, hold, tenant, priority DESC, seq) WHERE state = 0 AND hold = 0;
