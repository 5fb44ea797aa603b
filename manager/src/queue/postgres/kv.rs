//! Keys and values. Locks are taken in this order: the job, shared, so that its lease does not end meanwhile; then namespaces, by name.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ampoule_protocol::{JobId, KvAnswer, KvAsk, KvHeld, KvKey, KvQuota, KvRequest, KvSpace, MAX_KV_NAMESPACES, TenantName};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

use super::{Shared, lane::Work, rows, session};
use crate::queue::{
    KvReply, QueueError, Scope,
    kv::{STEP, admit, behind, expires_ms},
    life::Life,
};

type Done<T> = Result<T, QueueError>;

/// Reads under a lease that is held.
pub(super) async fn read(client: &impl GenericClient, scope: &Scope, request: &KvRequest, now_ms: i64) -> Done<KvReply> {
    let query = client.prepare_cached(&format!("{} FROM jobs WHERE id = $1", rows::LIFE)).await?;
    let life = client.query_opt(&query, &[&rows::uuid(request.token.job_id)]).await?.as_ref().map(rows::life).transpose()?;
    let tenant = match admit(life.as_ref(), scope, request) {
        Ok(tenant) => tenant,
        Err(reply) => return Ok(reply),
    };
    let of = (tenant, request.namespace.as_str());
    let answer = match &request.ask {
        KvAsk::List { prefix, after, limit } => list(client, of, prefix, after.as_deref(), *limit, now_ms).await?,
        ask => get(client, of, ask.key(), now_ms).await?,
    };
    Ok(KvReply::Answer(answer))
}

async fn get(client: &impl GenericClient, (tenant, namespace): (&TenantName, &str), key: &str, now_ms: i64) -> Done<KvAnswer> {
    let query = client
        .prepare_cached(
            "SELECT value, version FROM kv WHERE tenant = $1 AND namespace = $2 AND key = $3 AND (expires_ms IS NULL OR expires_ms > $4)",
        )
        .await?;
    let found = client.query_opt(&query, &[&tenant.as_str(), &namespace, &key, &now_ms]).await?;
    found.map_or(Ok(KvAnswer::Absent), |row| Ok(KvAnswer::Found { value: rows::json(&row, "value")?, version: number(&row, "version")? }))
}

async fn list(
    client: &impl GenericClient,
    (tenant, namespace): (&TenantName, &str),
    prefix: &str,
    after: Option<&str>,
    limit: u32,
    now_ms: i64,
) -> Done<KvAnswer> {
    let query = client
        .prepare_cached(
            "SELECT key, version, octet_length(value)::bigint AS bytes FROM kv
             WHERE tenant = $1 AND namespace = $2 AND key >= $3 AND ($4::text IS NULL OR key < $4) AND ($5::text IS NULL OR key > $5)
               AND (expires_ms IS NULL OR expires_ms > $6)
             ORDER BY key LIMIT $7",
        )
        .await?;
    let from = after.filter(|after| *after > prefix).unwrap_or(prefix);
    let (end, most) = (behind(prefix), i64::from(limit) + 1);
    let found = client.query(&query, &[&tenant.as_str(), &namespace, &from, &end, &after, &now_ms, &most]).await?;
    let key = |row: &Row| Ok(KvKey { key: row.try_get("key")?, version: number(row, "version")?, bytes: number(row, "bytes")? });
    let mut items = found.iter().map(key).collect::<Done<Vec<_>>>()?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| last.key.clone());
    Ok(KvAnswer::Keys { items, next })
}

/// A write that is asked for, and when.
pub(super) struct Ask {
    pub(super) scope: Scope,
    pub(super) request: KvRequest,
    pub(super) now_ms: i64,
}

/// The lane's work.
pub(super) struct Kv(pub(super) Arc<Shared>);

impl Work for Kv {
    type Ask = Ask;
    type Answer = KvReply;

    async fn run(&self, asks: &[Ask]) -> Done<Vec<KvReply>> {
        let mut client = session::lend(&self.0.pool).await?;
        let tx = client.transaction().await?;
        let lives = held(&tx, asks).await?;
        let admitted: Vec<_> = asks.iter().map(|ask| admit(lives.get(&ask.request.token.job_id), &ask.scope, &ask.request)).collect();
        let mut spaces: BTreeMap<(&TenantName, &str), Option<KvSpace>> = BTreeMap::new();
        for (ask, tenant) in asks.iter().zip(&admitted) {
            if let Ok(tenant) = tenant {
                spaces.insert((*tenant, ask.request.namespace.as_str()), None);
            }
        }
        for ((tenant, namespace), found) in &mut spaces {
            *found = space(&tx, tenant, namespace).await?;
        }
        let mut replies = Vec::with_capacity(asks.len());
        for (Ask { request, now_ms, .. }, tenant) in asks.iter().zip(admitted) {
            replies.push(match tenant {
                Err(reply) => reply,
                Ok(tenant) => match spaces.get_mut(&(tenant, request.namespace.as_str())) {
                    Some(Some(space)) => {
                        KvReply::Answer(write(&tx, (tenant, request.namespace.as_str()), space, &request.ask, *now_ms).await?)
                    }
                    _ => KvReply::Answer(KvAnswer::Full { quota: KvQuota::Namespaces }),
                },
            });
        }
        for ((tenant, namespace), space) in spaces {
            if let Some(space) = space {
                keep(&tx, tenant, namespace, space).await?;
            }
        }
        tx.commit().await?;
        Ok(replies)
    }
}

/// The jobs that these are about. Nobody ends their leases before this transaction does.
async fn held(tx: &Transaction<'_>, asks: &[Ask]) -> Done<HashMap<JobId, Life>> {
    let ids: Vec<_> = asks.iter().map(|ask| rows::uuid(ask.request.token.job_id)).collect();
    let query = tx.prepare_cached(&format!("{} FROM jobs WHERE id = ANY ($1) ORDER BY seq FOR SHARE", rows::LIFE)).await?;
    let found = tx.query(&query, &[&ids]).await?;
    found.iter().map(|row| rows::life(row).map(|life| (life.id, life))).collect()
}

/// The namespace, locked, and made if it is new. `None`: the tenant has as many as it may.
async fn space(tx: &Transaction<'_>, tenant: &TenantName, namespace: &str) -> Done<Option<KvSpace>> {
    let query = "SELECT version, keys, bytes FROM kv_spaces WHERE tenant = $1 AND namespace = $2 FOR UPDATE";
    let query = tx.prepare_cached(query).await?;
    if let Some(row) = tx.query_opt(&query, &[&tenant.as_str(), &namespace]).await? {
        return counted(&row).map(Some);
    }
    // Managers together keep to the number of namespaces.
    let lock = tx.prepare_cached("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))").await?;
    tx.query_one(&lock, &[&tenant.as_str()]).await?;
    let count = tx.prepare_cached("SELECT count(*) FROM kv_spaces WHERE tenant = $1 AND namespace <> $2").await?;
    if tx.query_one(&count, &[&tenant.as_str(), &namespace]).await?.try_get::<_, i64>(0)?.cast_unsigned() >= MAX_KV_NAMESPACES {
        return Ok(None);
    }
    let insert = "INSERT INTO kv_spaces (tenant, namespace, version, keys, bytes) VALUES ($1, $2, 0, 0, 0) ON CONFLICT DO NOTHING";
    tx.execute(&tx.prepare_cached(insert).await?, &[&tenant.as_str(), &namespace]).await?;
    counted(&tx.query_one(&query, &[&tenant.as_str(), &namespace]).await?).map(Some)
}

fn counted(row: &Row) -> Done<KvSpace> {
    Ok(KvSpace { version: number(row, "version")?, keys: number(row, "keys")?, bytes: number(row, "bytes")? })
}

async fn write(
    tx: &Transaction<'_>,
    (tenant, namespace): (&TenantName, &str),
    space: &mut KvSpace,
    ask: &KvAsk,
    now_ms: i64,
) -> Done<KvAnswer> {
    let key = ask.key();
    let query = tx
        .prepare_cached(
            "SELECT version, octet_length(value)::bigint AS bytes, coalesce(expires_ms <= $4, false) AS expired FROM kv
             WHERE tenant = $1 AND namespace = $2 AND key = $3",
        )
        .await?;
    let held = match tx.query_opt(&query, &[&tenant.as_str(), &namespace, &key, &now_ms]).await? {
        Some(row) if row.try_get("expired")? => {
            remove(tx, tenant, namespace, key).await?;
            space.forget(key, number(&row, "bytes")?);
            None
        }
        Some(row) => Some(KvHeld { version: number(&row, "version")?, bytes: number(&row, "bytes")? }),
        None => None,
    };
    let answer = space.write(ask, held);
    match (ask, &answer) {
        (KvAsk::Set { value, ttl_ms, .. }, KvAnswer::Written { version }) => {
            let upsert = tx
                .prepare_cached(
                    "INSERT INTO kv (tenant, namespace, key, value, version, expires_ms) VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (tenant, namespace, key)
                     DO UPDATE SET value = excluded.value, version = excluded.version, expires_ms = excluded.expires_ms",
                )
                .await?;
            let expires_ms = expires_ms(*ttl_ms, now_ms);
            let version = version.cast_signed();
            tx.execute(&upsert, &[&tenant.as_str(), &namespace, &key, &value.as_str(), &version, &expires_ms]).await?;
        }
        (_, KvAnswer::Deleted) => remove(tx, tenant, namespace, key).await?,
        _ => {}
    }
    Ok(answer)
}

async fn remove(tx: &Transaction<'_>, tenant: &TenantName, namespace: &str, key: &str) -> Done<()> {
    let delete = tx.prepare_cached("DELETE FROM kv WHERE tenant = $1 AND namespace = $2 AND key = $3").await?;
    tx.execute(&delete, &[&tenant.as_str(), &namespace, &key]).await?;
    Ok(())
}

async fn keep(tx: &Transaction<'_>, tenant: &TenantName, namespace: &str, space: KvSpace) -> Done<()> {
    let update = tx.prepare_cached("UPDATE kv_spaces SET version = $3, keys = $4, bytes = $5 WHERE tenant = $1 AND namespace = $2").await?;
    let [version, keys, bytes] = [space.version, space.keys, space.bytes].map(u64::cast_signed);
    tx.execute(&update, &[&tenant.as_str(), &namespace, &version, &keys, &bytes]).await?;
    Ok(())
}

/// Removes some of the keys whose time is over.
pub(super) async fn expire(tx: &Transaction<'_>, now_ms: i64) -> Done<u32> {
    let query = tx
        .prepare_cached(
            "SELECT DISTINCT tenant, namespace
             FROM (SELECT tenant, namespace FROM kv WHERE expires_ms IS NOT NULL AND expires_ms <= $1 ORDER BY expires_ms LIMIT $2) old
             ORDER BY tenant, namespace",
        )
        .await?;
    let mut removed = 0;
    for row in tx.query(&query, &[&now_ms, &i64::from(STEP)]).await? {
        let (tenant, namespace) = (rows::tenant(&row)?, row.try_get::<_, &str>("namespace")?);
        let Some(mut space) = space(tx, &tenant, namespace).await? else { continue };
        let delete = tx
            .prepare_cached(
                "DELETE FROM kv WHERE tenant = $1 AND namespace = $2 AND key IN
                     (SELECT key FROM kv WHERE tenant = $1 AND namespace = $2 AND expires_ms IS NOT NULL AND expires_ms <= $3 LIMIT $4)
                 RETURNING key, octet_length(value)::bigint AS bytes",
            )
            .await?;
        for gone in tx.query(&delete, &[&tenant.as_str(), &namespace, &now_ms, &i64::from(STEP)]).await? {
            space.forget(gone.try_get("key")?, number(&gone, "bytes")?);
            removed += 1;
        }
        keep(tx, &tenant, namespace, space).await?;
    }
    Ok(removed)
}

fn number(row: &Row, column: &str) -> Result<u64, tokio_postgres::Error> {
    row.try_get::<_, i64>(column).map(i64::cast_unsigned)
}
