//! Gives waiting jobs to workers. What several of them ask for at once is one read, one write, one commit; rows that another manager is
//! about to give out are passed over.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ampoule_protocol::{LeaseToken, LeasedJob, ScriptSource};
use deadpool_postgres::Transaction;

use super::{Shared, lane::Work, lives, promote::promote, rows, session};
use crate::queue::{
    QueueError,
    life::{Life, Terms},
};

type Done<T> = Result<T, QueueError>;

/// The lane's work.
pub(super) struct Lease(pub(super) Arc<Shared>);

/// What a worker asks for.
pub(super) struct Ask {
    pub(super) worker: String,
    pub(super) slots: u32,
    pub(super) known: Vec<LeaseToken>,
    pub(super) now_ms: i64,
}

/// What it gets. Dropped, it is lost until the leases run out: whoever takes it must give it back.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) jobs: Vec<LeasedJob>,
    pub(super) cancelled: Vec<LeaseToken>,
    pub(super) claim: Option<crate::queue::Claim>,
}

impl Work for Lease {
    type Ask = Ask;
    type Answer = Answer;

    async fn run(&self, asks: &[Ask]) -> Done<Vec<Answer>> {
        let mut client = session::lend(&self.0.pool).await?;
        let tx = client.transaction().await?;
        let wanted: i64 = asks.iter().map(|ask| i64::from(ask.slots)).sum();
        let mut events = Vec::new();
        if wanted > 0 {
            promote(&tx, asks.iter().map(|ask| ask.now_ms).max().unwrap_or_default(), &mut events).await?;
        }
        let (cancelled, waiting) = futures_util::try_join!(cancelling(&tx, asks), waiting(&tx, wanted))?;
        let mut waiting = waiting.into_iter().peekable();
        let mut lives: Vec<Life> = Vec::new();
        let mut tokens: Vec<Vec<LeaseToken>> = Vec::with_capacity(asks.len());
        for ask in asks {
            let (mut given, mut bytes) = (Vec::new(), 0);
            while given.len() < ask.slots as usize {
                let fits = |(_, payload_bytes): &(Life, u64)| given.is_empty() || bytes + payload_bytes <= self.0.policy.acquire_bytes;
                let Some((mut life, payload_bytes)) = waiting.next_if(fits) else { break };
                bytes += payload_bytes;
                let (token, event) = life.lease(&ask.worker, &self.0.policy, ask.now_ms);
                given.push(token);
                events.push(event);
                lives.push(life);
            }
            tokens.push(given);
        }
        let changed: Vec<&Life> = lives.iter().collect();
        let ((), mut jobs) = futures_util::try_join!(lives::save(&tx, &changed), payloads(&tx, &lives, self.0.policy.lease))?;
        tx.commit().await?;
        self.0.committed(asks.len(), !lives.is_empty() || !events.is_empty(), &events);
        let answers = asks.iter().zip(tokens).map(|(ask, tokens)| {
            let told = |token: &&(String, LeaseToken)| token.0 == ask.worker && !ask.known.contains(&token.1);
            Answer {
                jobs: tokens.iter().filter_map(|token| jobs.remove(token)).collect(),
                cancelled: cancelled.iter().filter(told).map(|(_, token)| *token).collect(),
                // Made here, so that the leases come back even when nobody waits for this answer any more.
                claim: Some(self.0.claim(tokens, ask.now_ms)),
            }
        });
        Ok(answers.collect())
    }
}

async fn cancelling(tx: &Transaction<'_>, asks: &[Ask]) -> Done<Vec<(String, LeaseToken)>> {
    let query = tx
        .prepare_cached("SELECT worker, id, attempt FROM jobs WHERE worker = ANY ($1) AND state = 1 AND cancelled_by IS NOT NULL")
        .await?;
    let workers: Vec<&str> = asks.iter().map(|ask| ask.worker.as_str()).collect();
    let found = tx.query(&query, &[&workers]).await?;
    let token = |row: &tokio_postgres::Row| {
        let token = LeaseToken { job_id: rows::id(row)?, attempt: rows::count(row, "attempt")? };
        Ok((row.try_get("worker")?, token))
    };
    found.iter().map(token).collect()
}

/// The first waiting jobs, and the bytes of their payloads.
async fn waiting(tx: &Transaction<'_>, limit: i64) -> Done<Vec<(Life, u64)>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let query = tx
        .prepare_cached(&format!(
            "{}, payload_bytes FROM jobs WHERE state = 0 AND hold = 0 ORDER BY priority DESC, seq LIMIT $1 FOR UPDATE SKIP LOCKED",
            rows::LIFE
        ))
        .await?;
    let found = tx.query(&query, &[&limit]).await?;
    found.iter().map(|row| Ok((rows::life(row)?, row.try_get::<_, i64>("payload_bytes")?.unsigned_abs()))).collect()
}

/// What workers get for these leases.
async fn payloads(tx: &Transaction<'_>, lives: &[Life], lease: Duration) -> Done<HashMap<LeaseToken, LeasedJob>> {
    if lives.is_empty() {
        return Ok(HashMap::new());
    }
    let query = tx
        .prepare_cached(
            "SELECT j.seq, j.script_name, j.entry, j.terms, p.script, p.input, p.context, p.libraries, p.seed
             FROM jobs j JOIN payloads p USING (seq) WHERE j.seq = ANY ($1)",
        )
        .await?;
    let tokens: HashMap<i64, LeaseToken> =
        lives.iter().map(|life| (life.seq, LeaseToken { job_id: life.id, attempt: life.attempt })).collect();
    let found = tx.query(&query, &[&tokens.keys().copied().collect::<Vec<_>>()]).await?;
    let missing = || QueueError::Corrupt { what: "payload", why: "it is missing".into() };
    if found.len() < lives.len() {
        return Err(missing());
    }
    let job = |row: &tokio_postgres::Row| {
        let token = *tokens.get(&row.try_get("seq")?).ok_or_else(missing)?;
        let source =
            String::from_utf8(row.try_get("script")?).map_err(|err| QueueError::Corrupt { what: "script", why: err.to_string() })?;
        let terms: Terms = rows::json(row, "terms")?;
        let job = LeasedJob {
            token,
            lease_ms: u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
            script: ScriptSource { source, name: row.try_get("script_name")? },
            entry: row.try_get("entry")?,
            input: rows::json(row, "input")?,
            context: rows::json(row, "context")?,
            libraries: rows::json(row, "libraries")?,
            limits: terms.limits,
            grants: terms.grants,
            record: terms.record,
            seed: row.try_get::<_, Option<i64>>("seed")?.map(i64::cast_unsigned),
        };
        Ok((token, job))
    };
    found.iter().map(job).collect()
}
