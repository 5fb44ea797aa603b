//! Gives waiting jobs to workers, dealt fairly between tenants. What several of them ask for at once is one read, one write, one commit; rows that another manager is
//! about to give out are passed over.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ampoule_protocol::{LeaseToken, LeasedJob, TenantName};
use deadpool_postgres::Transaction;
use tokio_postgres::Row;

use super::{Shared, lane::Work, lives, promote::promote, rows, session};
use crate::queue::{
    Pins, QueueError, Scope,
    companions::Companions,
    fair::{CONTENDERS, Contender, Fair},
    life::{Life, Terms},
};

type Done<T> = Result<T, QueueError>;

/// The lane's work.
pub(super) struct Lease {
    shared: Arc<Shared>,
    fair: Mutex<Fair>,
}

/// What a worker asks for.
pub(super) struct Ask {
    pub(super) scope: Scope,
    pub(super) worker: String,
    pub(super) slots: u32,
    pub(super) known: Vec<LeaseToken>,
    pub(super) now_ms: i64,
}

/// What it gets. Dropped, it is lost until the leases run out: whoever takes it must give it back.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) jobs: Vec<(LeasedJob, Option<Pins>)>,
    pub(super) cancelled: Vec<LeaseToken>,
    pub(super) claim: Option<crate::queue::Claim>,
}

impl Work for Lease {
    type Ask = Ask;
    type Answer = Answer;

    async fn run(&self, asks: &[Ask]) -> Done<Vec<Answer>> {
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        let mut events = Vec::new();
        if asks.iter().any(|ask| ask.slots > 0) {
            promote(&tx, asks.iter().map(|ask| ask.now_ms).max().unwrap_or_default(), &mut events).await?;
        }
        let (cancelled, given) = futures_util::try_join!(cancelling(&tx, asks), self.deal(&tx, asks))?;
        let mut lives: Vec<Life> = Vec::new();
        let mut tokens: Vec<Vec<LeaseToken>> = Vec::with_capacity(asks.len());
        for (ask, given) in asks.iter().zip(given) {
            let lease = |mut life: Life| {
                let (token, event) = life.lease(&ask.worker, &self.shared.policy, ask.now_ms);
                events.push(event);
                lives.push(life);
                token
            };
            tokens.push(given.into_iter().map(lease).collect());
        }
        let changed: Vec<&Life> = lives.iter().collect();
        let ((), mut jobs) = futures_util::try_join!(lives::save(&tx, &changed), payloads(&tx, &lives, self.shared.policy.lease))?;
        tx.commit().await?;
        self.shared.committed(asks.len(), !lives.is_empty() || !events.is_empty(), &events);
        let answers = asks.iter().zip(tokens).map(|(ask, tokens)| {
            let told = |(worker, tenant, token): &&(String, TenantName, LeaseToken)| {
                *worker == ask.worker && ask.scope.admits(tenant) && !ask.known.contains(token)
            };
            Answer {
                jobs: tokens.iter().filter_map(|token| jobs.remove(token)).collect(),
                cancelled: cancelled.iter().filter(told).map(|(.., token)| *token).collect(),
                // Made here, so that the leases come back even when nobody waits for this answer any more.
                claim: Some(self.shared.claim(tokens, ask.now_ms)),
            }
        });
        Ok(answers.collect())
    }
}

/// A tenant's ready jobs, locked, and the bytes of their payloads.
type Waiting = VecDeque<(Life, u64)>;

impl Lease {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, fair: Mutex::default() }
    }

    fn fair(&self) -> MutexGuard<'_, Fair> {
        self.fair.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The jobs that each ask gets, locked.
    async fn deal(&self, tx: &Transaction<'_>, asks: &[Ask]) -> Done<Vec<Vec<Life>>> {
        let wanted: u32 = asks.iter().map(|ask| ask.slots).fold(0, u32::saturating_add);
        let mut given: Vec<Vec<Life>> = asks.iter().map(|_| Vec::new()).collect();
        if wanted == 0 {
            return Ok(given);
        }
        let mut bytes: Vec<u64> = vec![0; asks.len()];
        let mut contenders = self.contenders(tx, asks, wanted).await?;
        loop {
            let dealt: Vec<Vec<usize>> = {
                let mut fair = self.fair();
                let left = |k: usize| asks[k].slots.saturating_sub(given[k].len() as u32);
                (0..asks.len()).map(|k| fair.deal(&mut contenders, left(k), |name| asks[k].scope.admits(name))).collect()
            };
            let count = |place: usize| dealt.iter().flatten().filter(|dealt| **dealt == place).count();
            let counts: Vec<usize> = (0..contenders.len()).map(count).collect();
            let mut waiting: Vec<Waiting> =
                futures_util::future::try_join_all(contenders.iter().zip(&counts).map(|(of, count)| first_of(tx, of, *count))).await?;
            let mut short = false;
            for (place, contender) in contenders.iter_mut().enumerate() {
                if waiting[place].len() < counts[place] {
                    // The others are locked: another manager is about to give them out.
                    (contender.ready, short) = (0, true);
                }
            }
            for (k, dealt) in dealt.into_iter().enumerate() {
                for place in dealt {
                    let fits = |first: &mut (Life, u64)| given[k].is_empty() || bytes[k] + first.1 <= self.shared.policy.acquire_bytes;
                    let Some((life, payload_bytes)) = waiting[place].pop_front_if(fits) else { continue };
                    bytes[k] += payload_bytes;
                    given[k].push(life);
                }
            }
            // What has been locked would be found again, so a second round is for those who got nothing at all.
            if !short || given.iter().any(|given| !given.is_empty()) || contenders.iter().all(|contender| contender.ready == 0) {
                return Ok(given);
            }
        }
    }

    /// Tenants that have ready jobs, in the scope of any ask. Those with a ceiling are locked, so that managers together keep to it.
    async fn contenders(&self, tx: &Transaction<'_>, asks: &[Ask], wanted: u32) -> Done<Vec<Contender>> {
        let mut rows = if asks.iter().any(|ask| ask.slots > 0 && ask.scope == Scope::All) {
            let cursor = self.fair().cursor().to_owned();
            let rows = ready_tenants(tx, &cursor).await?;
            let names = rows.iter().map(|row| row.try_get::<_, &str>("tenant")).collect::<Result<Vec<_>, _>>()?;
            self.fair().looked_at(names.into_iter());
            rows
        } else {
            Vec::new()
        };
        let scoped: Vec<&str> = asks.iter().filter(|ask| ask.slots > 0).filter_map(|ask| ask.scope.tenant()).collect();
        if !scoped.is_empty() {
            rows.extend(settings_of(tx, &scoped).await?);
        }
        let mut contenders: Vec<Contender> = Vec::with_capacity(rows.len());
        for row in &rows {
            let name = rows::tenant(row)?;
            if contenders.iter().any(|other| other.name == name) {
                continue;
            }
            let weight = row.try_get::<_, Option<i32>>("weight")?.map_or(1, i32::cast_unsigned);
            let max_running = row.try_get::<_, Option<i32>>("max_running")?.map(i32::cast_unsigned);
            contenders.push(Contender { name, weight, max_running, running: 0, ready: wanted.into() });
        }
        let mut capped: Vec<&TenantName> = contenders.iter().filter(|of| of.max_running.is_some()).map(|of| &of.name).collect();
        capped.sort_unstable();
        for name in &capped {
            let lock = tx.prepare_cached("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))").await?;
            tx.query_one(&lock, &[&name.as_str()]).await?;
        }
        // The figures of one that is alone and has no ceiling decide nothing.
        if contenders.len() > 1 || !capped.is_empty() {
            count(tx, &mut contenders, wanted).await?;
        }
        Ok(contenders)
    }
}

/// Tenants that have ready jobs, by one step in the index each: those behind the cursor, then those up to it.
async fn ready_tenants(tx: &Transaction<'_>, cursor: &str) -> Done<Vec<Row>> {
    let query = tx
        .prepare_cached(
            "WITH RECURSIVE behind (tenant) AS (
                 (SELECT tenant FROM jobs WHERE state = 0 AND hold = 0 AND tenant > $1 ORDER BY tenant LIMIT 1)
                 UNION ALL
                 SELECT (SELECT tenant FROM jobs WHERE state = 0 AND hold = 0 AND tenant > b.tenant ORDER BY tenant LIMIT 1)
                 FROM behind b WHERE b.tenant IS NOT NULL)
             SELECT tenant, weight, max_running
             FROM (SELECT tenant FROM behind WHERE tenant IS NOT NULL AND ($2 = '' OR tenant <= $2) LIMIT $3) b
                  LEFT JOIN tenants ON name = tenant",
        )
        .await?;
    let most = CONTENDERS as i64;
    let mut found = tx.query(&query, &[&cursor, &"", &most]).await?;
    if !cursor.is_empty() && found.len() < CONTENDERS {
        found.extend(tx.query(&query, &[&"", &cursor, &(most - found.len() as i64)]).await?);
    }
    Ok(found)
}

async fn settings_of(tx: &Transaction<'_>, names: &[&str]) -> Done<Vec<Row>> {
    let query = tx
        .prepare_cached("SELECT n.tenant, weight, max_running FROM unnest($1::text[]) AS n (tenant) LEFT JOIN tenants ON name = n.tenant")
        .await?;
    Ok(tx.query(&query, &[&names]).await?)
}

/// Sets what of the contenders runs and is ready.
async fn count(tx: &Transaction<'_>, contenders: &mut [Contender], wanted: u32) -> Done<()> {
    let query = tx
        .prepare_cached(
            "SELECT (SELECT count(*) FROM jobs j WHERE j.tenant = n.tenant AND state = 1) AS running,
                    (SELECT count(*) FROM (SELECT 1 FROM jobs j WHERE j.tenant = n.tenant AND state = 0 AND hold = 0 LIMIT $2) r) AS ready
             FROM unnest($1::text[]) WITH ORDINALITY AS n (tenant, place) ORDER BY place",
        )
        .await?;
    let names: Vec<&str> = contenders.iter().map(|contender| contender.name.as_str()).collect();
    let found = tx.query(&query, &[&names, &i64::from(wanted)]).await?;
    for (contender, row) in contenders.iter_mut().zip(found) {
        contender.running = row.try_get::<_, i64>("running")?.unsigned_abs();
        contender.ready = row.try_get::<_, i64>("ready")?.unsigned_abs();
    }
    Ok(())
}

async fn cancelling(tx: &Transaction<'_>, asks: &[Ask]) -> Done<Vec<(String, TenantName, LeaseToken)>> {
    let query = tx
        .prepare_cached("SELECT worker, id, attempt, tenant FROM jobs WHERE worker = ANY ($1) AND state = 1 AND cancelled_by IS NOT NULL")
        .await?;
    let workers: Vec<&str> = asks.iter().map(|ask| ask.worker.as_str()).collect();
    let found = tx.query(&query, &[&workers]).await?;
    let token = |row: &Row| {
        let token = LeaseToken { job_id: rows::id(row)?, attempt: rows::count(row, "attempt")? };
        Ok((row.try_get("worker")?, rows::tenant(row)?, token))
    };
    found.iter().map(token).collect()
}

/// A tenant's first ready jobs, locked, and the bytes of their payloads.
async fn first_of(tx: &Transaction<'_>, contender: &Contender, count: usize) -> Done<Waiting> {
    if count == 0 {
        return Ok(Waiting::new());
    }
    let query = tx
        .prepare_cached(&format!(
            "{}, payload_bytes FROM jobs WHERE state = 0 AND hold = 0 AND tenant = $1
             ORDER BY priority DESC, seq LIMIT $2 FOR UPDATE SKIP LOCKED",
            rows::LIFE
        ))
        .await?;
    let found = tx.query(&query, &[&contender.name.as_str(), &(count as i64)]).await?;
    found.iter().map(|row| Ok((rows::life(row)?, row.try_get::<_, i64>("payload_bytes")?.unsigned_abs()))).collect()
}

/// What workers get for these leases, but for the sources that they are pinned to.
async fn payloads(tx: &Transaction<'_>, lives: &[Life], lease: Duration) -> Done<HashMap<LeaseToken, (LeasedJob, Option<Pins>)>> {
    if lives.is_empty() {
        return Ok(HashMap::new());
    }
    let query = tx
        .prepare_cached(
            "SELECT j.seq, j.tenant, j.script_name, j.entry, j.terms, p.script, p.input, p.context, p.libraries, p.seed, p.pins
             FROM jobs j JOIN payloads p USING (seq) WHERE j.seq = ANY ($1)",
        )
        .await?;
    let leased = |life: &Life| (life.seq, (LeaseToken { job_id: life.id, attempt: life.attempt }, life.waited_ms()));
    let tokens: HashMap<i64, (LeaseToken, u64)> = lives.iter().map(leased).collect();
    let found = tx.query(&query, &[&tokens.keys().copied().collect::<Vec<_>>()]).await?;
    let missing = || QueueError::Corrupt { what: "payload", why: "it is missing".into() };
    if found.len() < lives.len() {
        return Err(missing());
    }
    let job = |row: &Row| {
        let (token, waited_ms) = *tokens.get(&row.try_get("seq")?).ok_or_else(missing)?;
        let source =
            String::from_utf8(row.try_get("script")?).map_err(|err| QueueError::Corrupt { what: "script", why: err.to_string() })?;
        let companions: Companions = rows::json(row, "libraries")?;
        let (script, libraries) = companions.with(row.try_get("script_name")?, source);
        let terms: Terms = rows::json(row, "terms")?;
        let job = LeasedJob {
            token,
            tenant: rows::tenant(row)?,
            lease_ms: u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
            script,
            entry: row.try_get("entry")?,
            input: rows::json(row, "input")?,
            context: rows::json(row, "context")?,
            libraries,
            limits: terms.limits,
            grants: terms.grants,
            record: terms.record,
            replays: terms.replays,
            seed: row.try_get::<_, Option<i64>>("seed")?.map(i64::cast_unsigned),
            waited_ms,
            traceparent: terms.traceparent,
        };
        Ok((token, (job, rows::json_or_null(row, "pins")?)))
    };
    found.iter().map(job).collect()
}
