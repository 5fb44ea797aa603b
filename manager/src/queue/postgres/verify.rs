//! Whether a database is whole, as far as Ampoule knows: after `pg_restore`, say.

use deadpool_postgres::GenericClient as _;
use jiff::Timestamp;
use tokio_postgres::IsolationLevel;

use super::{
    rows, schema,
    session::{self, Server},
    views,
};
use crate::queue::{
    OpenError, QueueError, Scope, StoreUrl,
    copies::{CopyError, OnProgress, Progress, Verified},
    invariants::{COUNTS, INVARIANTS},
};

/// Jobs read at once.
const PAGE: i64 = 10_000;

/// What only PostgreSQL can be asked like this.
const OWN: &[(&str, &str)] = &[
    (
        "jobs whose tags are not found",
        "SELECT count(*) FROM jobs j, json_each_text(j.tags::json) e WHERE NOT EXISTS (SELECT 1 FROM tags t
         WHERE t.tenant = j.tenant AND t.key = e.key AND t.value = e.value AND t.seq = j.seq)",
    ),
    ("idempotency keys of no job", "SELECT count(*) FROM idempotency_keys k WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = k.id)"),
    ("jobs beyond the sequence", "SELECT count(*) FROM jobs WHERE seq > (SELECT last_value FROM job_seq)"),
];

/// These questions walk whole tables, unlike all others.
const SETTINGS: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on";

/// Looks at everything, as it is at one moment.
pub(in crate::queue) async fn verify(url: &str, mut on: OnProgress) -> Result<Verified, CopyError> {
    let store = StoreUrl::Postgres(url.to_owned()).to_string();
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Store { store: store.clone(), source };
    let pool = Server::of(url, &store)?.pool(1).map_err(|err| failed(err.into()))?;
    let mut client = session::lend(&pool).await.map_err(|err| failed(err.into()))?;
    let nothing = || OpenError::Foreign { store: store.clone() };
    let (schema, known_schema) = schema::look(&**client, &store).await?.ok_or_else(nothing)?;
    let mut found = Verified { schema, known_schema, ..Verified::default() };
    let looked = async {
        let tx = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?;
        tx.batch_execute(SETTINGS).await?;
        look(&tx, &mut found, &mut on).await
    };
    looked.await.map_err(|why| CopyError::Read { path: store.clone(), why })?;
    Ok(found)
}

async fn look(tx: &deadpool_postgres::Transaction<'_>, found: &mut Verified, on: &mut OnProgress) -> Result<(), QueueError> {
    if found.schema < found.known_schema {
        return Ok(());
    }
    let row = tx.query_one(COUNTS, &[]).await?;
    let count = |k| row.try_get::<_, i64>(k).map(i64::unsigned_abs);
    (found.jobs, found.waiting, found.running) = (count(0)?, count(1)?, count(2)?);
    let questions = INVARIANTS.iter().map(|invariant| (invariant.what, invariant.violations)).chain(OWN.iter().copied());
    let total = (INVARIANTS.len() + OWN.len()) as u64;
    for (k, (what, violations)) in questions.enumerate() {
        on(Progress { step: "looking at what belongs together", done: k as u64, total });
        let count: i64 = tx.query_one(violations, &[]).await?.try_get(0)?;
        if count > 0 {
            found.problems.push(format!("{count} {what}"));
        }
    }
    found.compare(&views::depths(tx, &Scope::All, Timestamp::now().as_millisecond()).await?);
    read_jobs(tx, found, on).await
}

/// Every job can be read by this program.
async fn read_jobs(tx: &deadpool_postgres::Transaction<'_>, found: &mut Verified, on: &mut OnProgress) -> Result<(), QueueError> {
    let query = tx.prepare_cached(&format!("{} FROM jobs WHERE seq > $1 ORDER BY seq LIMIT $2", rows::LIFE)).await?;
    let (mut read, mut last, mut unreadable, mut why) = (0, i64::MIN, 0, None);
    loop {
        on(Progress { step: "reading jobs", done: read, total: found.jobs });
        let page = tx.query(&query, &[&last, &PAGE]).await?;
        let Some(end) = page.last() else { break };
        last = end.try_get("seq")?;
        read += page.len() as u64;
        for err in page.iter().filter_map(|row| rows::life(row).err()) {
            unreadable += 1;
            why = why.or(Some(err.to_string()));
        }
    }
    if let Some(why) = why {
        found.problems.push(format!("{unreadable} jobs that cannot be read, the first because {why}"));
    }
    Ok(())
}
