//! Stores jobs, many in one transaction.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use ampoule_protocol::{CancelledBy, ConcurrencyPolicy, JobId, TenantName};
use deadpool_postgres::Transaction;

use super::{
    Shared, children,
    lane::Work,
    lives::{self, Aside},
    rows, schedules, session, views,
};
use crate::queue::{Enqueued, Event, Firing, QueueError, Submitted, life::Hold};

type Done<T> = Result<T, QueueError>;

/// The lane's work.
pub(super) struct Submit(pub(super) Arc<Shared>);

/// Jobs to be stored, all or none, and when.
pub(super) struct Ask {
    pub(super) jobs: Vec<Submitted>,
    pub(super) now_ms: i64,
    /// The schedule that fires, which is to be as it was; else nothing is stored.
    pub(super) firing: Option<Firing>,
}

/// A job that is to be stored.
struct New<'a> {
    job: &'a Submitted,
    now_ms: i64,
    hold: Hold,
    seq: i64,
}

impl Work for Submit {
    type Ask = Ask;
    /// `None`: the schedule was not as it was.
    type Answer = Option<Vec<Enqueued>>;

    async fn run(&self, asks: &[Ask]) -> Done<Vec<Option<Vec<Enqueued>>>> {
        let mut client = session::lend(&self.0.pool).await?;
        let tx = client.transaction().await?;
        let mut admitted = Vec::with_capacity(asks.len());
        for ask in asks {
            admitted.push(match &ask.firing {
                Some(firing) => schedules::move_on(&tx, firing).await?,
                None => true,
            });
        }
        let stored = asks.iter().zip(&admitted).filter(|(_, admitted)| **admitted);
        let all: Vec<(&Submitted, i64)> = stored.flat_map(|(ask, _)| ask.jobs.iter().map(|job| (job, ask.now_ms))).collect();
        let known = reserve_idempotency_keys(&tx, &all).await?;
        let mut new: Vec<New<'_>> = Vec::new();
        for (job, now_ms) in all {
            if known.contains_key(&job.id) {
                continue;
            }
            let hold = match (job.is_delayed(now_ms), &job.spec.concurrency_key) {
                (true, _) => Hold::Due,
                (false, Some(_)) => Hold::Key,
                (false, None) => Hold::Ready,
            };
            new.push(New { job, now_ms, hold, seq: 0 });
        }
        let key = |new: &New<'_>| Some((new.job.tenant.clone(), new.job.spec.concurrency_key.clone()?));
        let keys: BTreeSet<lives::Key> = new.iter().filter_map(key).collect();
        lives::lock_keys(&tx, &keys).await?;
        let mut answers: HashMap<JobId, Enqueued> = HashMap::with_capacity(new.len());
        let jobs: Vec<&Submitted> = new.iter().map(|new| new.job).collect();
        for (id, refused) in children::refusals(&tx, &jobs).await? {
            new.retain(|new| new.job.id != id);
            answers.insert(id, refused);
        }
        number(&tx, &mut new).await?;
        futures_util::try_join!(insert_jobs(&tx, &new), insert_payloads(&tx, &new), insert_tags(&tx, &new))?;

        let mut aside = Aside::default();
        for new in &new {
            aside.events.push(Event::Submitted);
            let answer = match new.hold {
                Hold::Ready => {
                    aside.events.push(Event::Queued);
                    Enqueued::Stored
                }
                Hold::Due => {
                    aside.events.push(Event::Delayed);
                    Enqueued::Stored
                }
                Hold::Key => queue_up(&tx, new, &mut aside).await?,
            };
            answers.insert(new.job.id, answer);
        }
        for (id, known) in known {
            let answer = match known {
                Known::As(tenant, first) => match views::job(&tx, &tenant, first).await? {
                    Some(view) => Enqueued::Known(Box::new(view)),
                    None => Enqueued::Conflict,
                },
                Known::Differs => Enqueued::Conflict,
            };
            answers.insert(id, answer);
        }
        tx.commit().await?;
        let moved = asks.iter().any(|ask| ask.firing.is_some());
        self.0.committed(asks.len(), moved || !new.is_empty(), &aside.events);
        let mut answer = |job: &Submitted| answers.remove(&job.id).unwrap_or(Enqueued::Conflict);
        let mut answers = |ask: &Ask| ask.jobs.iter().map(&mut answer).collect();
        Ok(asks.iter().zip(admitted).map(|(ask, admitted)| admitted.then(|| answers(ask))).collect())
    }
}

/// What an idempotency key that came before says of a job.
enum Known {
    /// It is this one.
    As(TenantName, JobId),
    /// The key came with another body.
    Differs,
}

/// Takes the jobs' idempotency keys, and names the jobs whose keys were taken already. Waits for whoever takes the same key at this moment.
async fn reserve_idempotency_keys(tx: &Transaction<'_>, jobs: &[(&Submitted, i64)]) -> Done<HashMap<JobId, Known>> {
    // In their order, so that two managers that take the same ones do not wait for each other.
    let mut first: BTreeMap<(&str, &str), (&Submitted, i64)> = BTreeMap::new();
    let mut asked = Vec::new();
    for &(job, now_ms) in jobs {
        if let Some(idempotency) = &job.idempotency {
            first.entry((job.tenant.as_str(), &idempotency.key)).or_insert((job, now_ms));
            asked.push((job, idempotency));
        }
    }
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let insert = tx
        .prepare_cached(
            "INSERT INTO idempotency_keys (tenant, key, body, id, created_ms)
             SELECT tenant, key, body, id, created_ms
             FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::bigint[]) WITH ORDINALITY
                  AS n (tenant, key, body, id, created_ms, place) ORDER BY place
             ON CONFLICT DO NOTHING",
        )
        .await?;
    let (tenants, keys): (Vec<&str>, Vec<&str>) = first.keys().copied().unzip();
    let bodies: Vec<&[u8]> = first.values().map(|(job, _)| job.idempotency.as_ref().map_or(&[][..], |i| &i.body[..])).collect();
    let ids: Vec<_> = first.values().map(|(job, _)| rows::uuid(job.id)).collect();
    let times: Vec<i64> = first.values().map(|(_, now_ms)| *now_ms).collect();
    tx.execute(&insert, &[&tenants, &keys, &bodies, &ids, &times]).await?;
    let query = tx
        .prepare_cached(
            "SELECT tenant, key, body, id FROM idempotency_keys JOIN unnest($1::text[], $2::text[]) AS n (tenant, key) USING (tenant, key)",
        )
        .await?;
    let found = tx.query(&query, &[&tenants, &keys]).await?;
    let mut holders: HashMap<(&str, &str), (&[u8], JobId)> = HashMap::new();
    for row in &found {
        holders.insert((row.try_get("tenant")?, row.try_get("key")?), (row.try_get("body")?, rows::id(row)?));
    }
    let mut known = HashMap::new();
    for (job, idempotency) in asked {
        match holders.get(&(job.tenant.as_str(), idempotency.key.as_str())) {
            Some((_, id)) if *id == job.id => {}
            Some((body, id)) if *body == &idempotency.body[..] => drop(known.insert(job.id, Known::As(job.tenant.clone(), *id))),
            Some(_) => drop(known.insert(job.id, Known::Differs)),
            // Its holder was deleted at this moment: refused, and free the next time.
            None => drop(known.insert(job.id, Known::Differs)),
        }
    }
    Ok(known)
}

async fn number(tx: &Transaction<'_>, new: &mut [New<'_>]) -> Done<()> {
    let query = tx.prepare_cached("SELECT nextval('job_seq') FROM generate_series(1, $1::bigint)").await?;
    let numbers = tx.query(&query, &[&(new.len() as i64)]).await?;
    for (new, row) in new.iter_mut().zip(numbers) {
        new.seq = row.try_get(0)?;
    }
    Ok(())
}

macro_rules! column {
    ($new:expr, $of:expr) => {
        &$new.iter().map($of).collect::<Vec<_>>()
    };
}

async fn insert_jobs(tx: &Transaction<'_>, new: &[New<'_>]) -> Done<()> {
    if new.is_empty() {
        return Ok(());
    }
    let insert = tx
        .prepare_cached(
            "INSERT INTO jobs (seq, id, tenant, state, hold, created_ms, queued_ms, due_ms, start_by_ms, priority, concurrency_key, payload_bytes,
                               script_name, source_bytes, entry, terms, tags, script_version, parent, root, depth)
             SELECT seq, id, tenant, 0, hold, created_ms, created_ms, due_ms, start_by_ms, priority, concurrency_key, payload_bytes, script_name,
                    source_bytes, entry, terms, tags, script_version, parent, root, depth
             FROM unnest($1::bigint[], $2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::integer[], $8::text[],
                         $9::bigint[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[], $16::integer[], $17::uuid[],
                         $18::uuid[], $19::integer[])
                  AS n (seq, id, hold, created_ms, due_ms, start_by_ms, priority, concurrency_key, payload_bytes, script_name, source_bytes,
                        entry, terms, tags, tenant, script_version, parent, root, depth)",
        )
        .await?;
    tx.execute(
        &insert,
        &[
            column!(new, |new| new.seq),
            column!(new, |new| rows::uuid(new.job.id)),
            column!(new, |new| new.hold.number()),
            column!(new, |new| new.now_ms),
            column!(new, |new| new.job.due_ms(new.now_ms)),
            column!(new, |new| new.job.start_by_ms(new.now_ms)),
            column!(new, |new| new.job.spec.priority),
            column!(new, |new| new.job.spec.concurrency_key.as_deref()),
            column!(new, |new| new.job.payload_bytes() as i64),
            column!(new, |new| new.job.sources.script.name.as_str()),
            column!(new, |new| new.job.sources.source_bytes.cast_signed()),
            column!(new, |new| new.job.spec.entry.as_deref()),
            column!(new, |new| new.job.terms_json.as_str()),
            column!(new, |new| new.job.tags_json.as_str()),
            column!(new, |new| new.job.tenant.as_str()),
            column!(new, |new| new.job.sources.version.map(u32::cast_signed)),
            column!(new, |new| new.job.family.as_ref().map(|family| rows::uuid(family.token.job_id))),
            column!(new, |new| new.job.family.as_ref().map(|family| rows::uuid(family.root))),
            column!(new, |new| new.job.depth().cast_signed()),
        ],
    )
    .await?;
    Ok(())
}

async fn insert_payloads(tx: &Transaction<'_>, new: &[New<'_>]) -> Done<()> {
    if new.is_empty() {
        return Ok(());
    }
    let insert = tx
        .prepare_cached(
            "INSERT INTO payloads (seq, script, input, context, libraries, seed, pins)
             SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])",
        )
        .await?;
    tx.execute(
        &insert,
        &[
            column!(new, |new| new.seq),
            column!(new, |new| new.job.sources.script.source.as_bytes()),
            column!(new, |new| new.job.spec.input.as_str()),
            column!(new, |new| new.job.spec.context.as_str()),
            column!(new, |new| new.job.libraries_json.as_str()),
            column!(new, |new| new.job.spec.seed.map(u64::cast_signed)),
            column!(new, |new| new.job.pins_json.as_deref()),
        ],
    )
    .await?;
    Ok(())
}

async fn insert_tags(tx: &Transaction<'_>, new: &[New<'_>]) -> Done<()> {
    let of = |new: &'_ New<'_>| {
        let (tenant, seq) = (new.job.tenant.clone(), new.seq);
        new.job.spec.tags.clone().into_iter().map(move |(key, value)| (tenant.clone(), key, value, seq))
    };
    let tags: Vec<(TenantName, String, String, i64)> = new.iter().flat_map(of).collect();
    if tags.is_empty() {
        return Ok(());
    }
    let insert = tx
        .prepare_cached("INSERT INTO tags (tenant, key, value, seq) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])")
        .await?;
    tx.execute(
        &insert,
        &[
            column!(tags, |tag| tag.0.as_str()),
            column!(tags, |tag| tag.1.as_str()),
            column!(tags, |tag| tag.2.as_str()),
            column!(tags, |tag| tag.3),
        ],
    )
    .await?;
    Ok(())
}

/// A job with a concurrency key, whose lock is held: it gets the key if that is free, else what its policy says.
async fn queue_up<'r>(tx: &Transaction<'_>, new: &New<'_>, aside: &mut Aside<'r>) -> Done<Enqueued> {
    let Some(key) = new.job.spec.concurrency_key.as_deref() else { return Ok(Enqueued::Stored) };
    let holder = tx.prepare_cached("SELECT seq FROM concurrency_keys WHERE tenant = $1 AND key = $2").await?;
    let tenant = &new.job.tenant;
    let Some(holder) = tx.query_opt(&holder, &[&tenant.as_str(), &key]).await? else {
        lives::pass_on(tx, tenant, key, &mut aside.events).await?;
        return Ok(Enqueued::Stored);
    };
    let holder: i64 = holder.try_get(0)?;
    let by = CancelledBy { by: "concurrency_key".to_owned(), key: None, reason: Some(format!("another job has the key `{key}`")) };
    match new.job.spec.concurrency_policy {
        ConcurrencyPolicy::Queue => Ok(Enqueued::Stored),
        ConcurrencyPolicy::CancelNewest => {
            cancel(tx, &[new.job.id], &by, new.now_ms, aside).await?;
            Ok(Enqueued::Cancelled)
        }
        ConcurrencyPolicy::CancelOldest => {
            let by = CancelledBy { reason: Some(format!("a newer job has the key `{key}`")), ..by };
            let query = tx
                .prepare_cached(
                    "SELECT id FROM jobs WHERE state = 0 AND hold = 2 AND tenant = $1 AND concurrency_key = $2 AND seq <> $3 ORDER BY seq",
                )
                .await?;
            let waiting = tx.query(&query, &[&tenant.as_str(), &key, &new.seq]).await?;
            let waiting: Vec<JobId> = waiting.iter().map(rows::id).collect::<Result<_, _>>()?;
            // Those that wait first, or the key would be passed on to one of them.
            cancel(tx, &waiting, &by, new.now_ms, aside).await?;
            let query = tx.prepare_cached("SELECT id FROM jobs WHERE seq = $1").await?;
            let holder = tx.query(&query, &[&holder]).await?;
            let holder: Vec<JobId> = holder.iter().map(rows::id).collect::<Result<_, _>>()?;
            cancel(tx, &holder, &by, new.now_ms, aside).await?;
            Ok(Enqueued::Stored)
        }
    }
}

async fn cancel(tx: &Transaction<'_>, ids: &[JobId], by: &CancelledBy, now_ms: i64, aside: &mut Aside<'_>) -> Done<()> {
    let mut lives = lives::load(tx, ids).await?;
    let mut done = Aside::default();
    for id in ids {
        let Some(life) = lives.get_mut(id) else { continue };
        let (_, effects) = life.cancel(by, now_ms);
        done.take(life, effects);
    }
    lives::save(tx, &lives.values().collect::<Vec<_>>()).await?;
    done.write(tx).await?;
    aside.events.append(&mut done.events);
    Ok(())
}
