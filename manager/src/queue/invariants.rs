//! What is true of a whole store, as questions that both stores understand.

/// Something that must be true, and a query that counts what it is not true of.
pub(super) struct Invariant {
    pub(super) what: &'static str,
    pub(super) violations: &'static str,
}

const fn no(what: &'static str, violations: &'static str) -> Invariant {
    Invariant { what, violations }
}

/// Of each, the number of violations is 0.
pub(super) const INVARIANTS: &[Invariant] = &[
    no("jobs in a state that there is not", "SELECT count(*) FROM jobs WHERE state NOT BETWEEN 0 AND 4 OR hold NOT BETWEEN 0 AND 2"),
    no("jobs without payload", "SELECT count(*) FROM jobs j WHERE NOT EXISTS (SELECT 1 FROM payloads p WHERE p.seq = j.seq)"),
    no(
        "jobs that have ended, without outcome",
        "SELECT count(*) FROM jobs j WHERE state > 1 AND NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.seq = j.seq)",
    ),
    no("jobs that go on, with an outcome", "SELECT count(*) FROM outcomes o JOIN jobs j ON j.seq = o.seq WHERE j.state < 2"),
    no("jobs whose end has no time, or whose time no end", "SELECT count(*) FROM jobs WHERE (state > 1) <> (finished_ms IS NOT NULL)"),
    no(
        "running jobs without worker, lease or attempt",
        "SELECT count(*) FROM jobs WHERE state = 1 AND (worker IS NULL OR lease_until_ms IS NULL OR attempt < 1)",
    ),
    no("jobs with a lease that do not run", "SELECT count(*) FROM jobs WHERE state <> 1 AND lease_until_ms IS NOT NULL"),
    no("dead jobs that have not failed", "SELECT count(*) FROM jobs WHERE dead AND state <> 3"),
    no(
        "jobs that wait for a concurrency key and name none",
        "SELECT count(*) FROM jobs WHERE state = 0 AND hold = 2 AND concurrency_key IS NULL",
    ),
    no(
        "jobs that wait for a concurrency key that nobody has",
        "SELECT count(*) FROM jobs j WHERE state = 0 AND hold = 2
         AND NOT EXISTS (SELECT 1 FROM concurrency_keys k WHERE k.tenant = j.tenant AND k.key = j.concurrency_key)",
    ),
    no(
        "jobs that run or may run without their concurrency key",
        "SELECT count(*) FROM jobs j WHERE concurrency_key IS NOT NULL AND (state = 1 OR state = 0 AND hold = 0)
         AND NOT EXISTS (SELECT 1 FROM concurrency_keys k WHERE k.tenant = j.tenant AND k.key = j.concurrency_key AND k.seq = j.seq)",
    ),
    no(
        "concurrency keys of jobs that do not need them",
        "SELECT count(*) FROM concurrency_keys k WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.seq = k.seq
         AND j.tenant = k.tenant AND j.concurrency_key = k.key AND (j.state = 1 OR j.state = 0 AND j.hold = 0))",
    ),
    no("payloads of no job", "SELECT count(*) FROM payloads p WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.seq = p.seq)"),
    no("outcomes of no job", "SELECT count(*) FROM outcomes o WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.seq = o.seq)"),
    no("tags of no job", "SELECT count(*) FROM tags t WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.seq = t.seq AND j.tenant = t.tenant)"),
    no(
        "logs of an attempt that never was",
        "SELECT count(*) FROM logs l WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.seq = l.seq AND j.attempt >= l.attempt)",
    ),
    no(
        "lost attempts that never were",
        "SELECT count(*) FROM lost_attempts l WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.seq = l.seq AND j.attempt >= l.attempt)",
    ),
    no(
        "log lines that are there twice",
        "SELECT count(*) FROM (SELECT first_offset, lag(first_offset + line_count) OVER (PARTITION BY seq, attempt ORDER BY first_offset) AS up_to
         FROM logs) chunks WHERE first_offset < up_to",
    ),
    no(
        "aliases of versions that there are not",
        "SELECT count(*) FROM published_aliases a WHERE NOT EXISTS (SELECT 1 FROM published_versions v
         WHERE v.tenant = a.tenant AND v.kind = a.kind AND v.name = a.name AND v.version = a.version)",
    ),
    no(
        "versions of scripts without a name",
        "SELECT count(*) FROM published_versions v WHERE NOT EXISTS (SELECT 1 FROM published_names n
         WHERE n.tenant = v.tenant AND n.kind = v.kind AND n.name = v.name AND n.versions >= v.version)",
    ),
];

/// How many jobs there are, counted without any help: all, waiting, running.
pub(super) const COUNTS: &str = "SELECT count(*), count(CASE WHEN state = 0 THEN 1 END), count(CASE WHEN state = 1 THEN 1 END) FROM jobs";
