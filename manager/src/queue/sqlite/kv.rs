//! Keys and values.

use ampoule_protocol::{KvAnswer, KvAsk, KvHeld, KvKey, KvQuota, KvRequest, KvSpace, MAX_KV_NAMESPACES, TenantName};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension, Row};

use super::{rows, transitions::load};
use crate::queue::{
    KvReply, QueueError, Scope,
    kv::{STEP, admit, behind, expires_ms},
};

type Done<T> = Result<T, QueueError>;

/// Carries out what is asked under a lease that is held; a write on the writer's thread.
pub(super) fn carry_out(conn: &Connection, scope: &Scope, request: &KvRequest, now_ms: i64) -> Done<KvReply> {
    let life = load(conn, scope, request.token.job_id)?;
    let tenant = match admit(life.as_ref(), scope, request) {
        Ok(tenant) => tenant,
        Err(reply) => return Ok(reply),
    };
    let of = (tenant, request.namespace.as_str());
    let answer = match &request.ask {
        KvAsk::Get { key } => get(conn, of, key, now_ms)?,
        KvAsk::List { prefix, after, limit } => list(conn, of, prefix, after.as_deref(), *limit, now_ms)?,
        ask => write(conn, of, ask, now_ms)?,
    };
    Ok(KvReply::Answer(answer))
}

fn get(conn: &Connection, (tenant, namespace): (&TenantName, &str), key: &str, now_ms: i64) -> Done<KvAnswer> {
    let mut query = conn.prepare_cached(
        "SELECT value, version FROM kv WHERE tenant = ?1 AND namespace = ?2 AND key = ?3 AND (expires_ms IS NULL OR expires_ms > ?4)",
    )?;
    let mut found = query.query((tenant.as_str(), namespace, key, now_ms))?;
    let Some(row) = found.next()? else { return Ok(KvAnswer::Absent) };
    Ok(KvAnswer::Found { value: rows::json(row, "value")?, version: number(row, "version")? })
}

fn list(
    conn: &Connection,
    (tenant, namespace): (&TenantName, &str),
    prefix: &str,
    after: Option<&str>,
    limit: u32,
    now_ms: i64,
) -> Done<KvAnswer> {
    let mut query = conn.prepare_cached(
        "SELECT key, version, length(CAST(value AS BLOB)) AS bytes FROM kv
         WHERE tenant = ?1 AND namespace = ?2 AND key >= ?3 AND (?4 IS NULL OR key < ?4) AND (?5 IS NULL OR key > ?5)
           AND (expires_ms IS NULL OR expires_ms > ?6)
         ORDER BY key LIMIT ?7",
    )?;
    let from = after.filter(|after| *after > prefix).unwrap_or(prefix);
    let mut found = query.query((tenant.as_str(), namespace, from, behind(prefix), after, now_ms, limit + 1))?;
    let mut items = Vec::new();
    while let Some(row) = found.next()? {
        items.push(KvKey { key: row.get("key")?, version: number(row, "version")?, bytes: number(row, "bytes")? });
    }
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| last.key.clone());
    Ok(KvAnswer::Keys { items, next })
}

fn write(conn: &Connection, (tenant, namespace): (&TenantName, &str), ask: &KvAsk, now_ms: i64) -> Done<KvAnswer> {
    let Some(mut space) = space(conn, tenant, namespace)? else { return Ok(KvAnswer::Full { quota: KvQuota::Namespaces }) };
    let key = ask.key();
    let held = conn
        .prepare_cached(
            "SELECT version, length(CAST(value AS BLOB)) AS bytes, coalesce(expires_ms <= ?4, 0) AS expired FROM kv
             WHERE tenant = ?1 AND namespace = ?2 AND key = ?3",
        )?
        .query_row((tenant.as_str(), namespace, key, now_ms), |row| {
            Ok((KvHeld { version: number(row, "version")?, bytes: number(row, "bytes")? }, row.get::<_, bool>("expired")?))
        })
        .optional()?;
    let held = match held {
        Some((held, true)) => {
            remove(conn, tenant, namespace, key)?;
            space.forget(key, held.bytes);
            None
        }
        held => held.map(|(held, _)| held),
    };
    let answer = space.write(ask, held);
    match (ask, &answer) {
        (KvAsk::Set { value, ttl_ms, .. }, KvAnswer::Written { version }) => {
            conn.prepare_cached(
                "INSERT INTO kv (tenant, namespace, key, value, version, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version, expires_ms = excluded.expires_ms",
            )?
            .execute((tenant.as_str(), namespace, key, value.as_str(), version.cast_signed(), expires_ms(*ttl_ms, now_ms)))?;
        }
        (_, KvAnswer::Deleted) => remove(conn, tenant, namespace, key)?,
        _ => {}
    }
    keep(conn, tenant, namespace, space)?;
    Ok(answer)
}

/// The namespace, made if it is new. `None`: the tenant has as many as it may.
fn space(conn: &Connection, tenant: &TenantName, namespace: &str) -> Done<Option<KvSpace>> {
    let found = conn
        .prepare_cached("SELECT version, keys, bytes FROM kv_spaces WHERE tenant = ?1 AND namespace = ?2")?
        .query_row((tenant.as_str(), namespace), |row| {
            Ok(KvSpace { version: number(row, "version")?, keys: number(row, "keys")?, bytes: number(row, "bytes")? })
        })
        .optional()?;
    if found.is_some() {
        return Ok(found);
    }
    let count: i64 =
        conn.prepare_cached("SELECT count(*) FROM kv_spaces WHERE tenant = ?1")?.query_row([tenant.as_str()], |row| row.get(0))?;
    Ok((count.cast_unsigned() < MAX_KV_NAMESPACES).then(KvSpace::default))
}

fn keep(conn: &Connection, tenant: &TenantName, namespace: &str, space: KvSpace) -> Done<()> {
    if space == KvSpace::default() {
        return Ok(());
    }
    conn.prepare_cached(
        "INSERT INTO kv_spaces (tenant, namespace, version, keys, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET version = excluded.version, keys = excluded.keys, bytes = excluded.bytes",
    )?
    .execute((tenant.as_str(), namespace, space.version.cast_signed(), space.keys.cast_signed(), space.bytes.cast_signed()))?;
    Ok(())
}

fn remove(conn: &Connection, tenant: &TenantName, namespace: &str, key: &str) -> Done<()> {
    conn.prepare_cached("DELETE FROM kv WHERE tenant = ?1 AND namespace = ?2 AND key = ?3")?.execute((tenant.as_str(), namespace, key))?;
    Ok(())
}

/// Removes some of the keys whose time is over.
pub(super) fn expire(conn: &Connection, now_ms: i64) -> Done<u32> {
    let mut query = conn.prepare_cached(
        "SELECT tenant, namespace, key, length(CAST(value AS BLOB)) AS bytes FROM kv
         WHERE expires_ms IS NOT NULL AND expires_ms <= ?1 ORDER BY expires_ms LIMIT ?2",
    )?;
    let mut found = query.query((now_ms, STEP))?;
    let mut old: Vec<(TenantName, String, String, u64)> = Vec::new();
    while let Some(row) = found.next()? {
        old.push((rows::tenant(row)?, row.get("namespace")?, row.get("key")?, number(row, "bytes")?));
    }
    for (tenant, namespace, key, bytes) in &old {
        remove(conn, tenant, namespace, key)?;
        if let Some(mut space) = space(conn, tenant, namespace)? {
            space.forget(key, *bytes);
            keep(conn, tenant, namespace, space)?;
        }
    }
    Ok(old.len() as u32)
}

fn number(row: &Row<'_>, column: &str) -> deadpool_sqlite::rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}
