//! Keys and tenants.

use ampoule_protocol::{KeyId, KeyView, Role, RoleError, TenantName, TenantSettings, TenantView};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::rows;
use crate::queue::{QueueError, StoredKey};

type Done<T> = Result<T, QueueError>;

const KEY: &str = "SELECT id, hash, tenant, role, name, requests_per_second, created_ms, last_used_ms, revoked_ms FROM api_keys";
const TENANT: &str = "SELECT name, weight, max_running, created_ms FROM tenants";

/// Stores a key, and its tenant if that is new. False: it was to be the first, and is not.
pub(super) fn add_key(conn: &Connection, key: &StoredKey, only_first: bool) -> Done<bool> {
    if only_first && has_keys(conn)? {
        return Ok(false);
    }
    let view = &key.view;
    if let Some(tenant) = &view.tenant {
        conn.prepare_cached("INSERT INTO tenants (name, created_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute((tenant.as_str(), view.created_at.as_millisecond()))?;
    }
    conn.prepare_cached(
        "INSERT INTO api_keys (id, hash, tenant, role, name, requests_per_second, created_ms)
         VALUES (:id, :hash, :tenant, :role, :name, :rate, :created)",
    )?
    .execute(named_params! {
        ":id": view.id.to_string(),
        ":hash": key.hash,
        ":tenant": view.tenant.as_ref().map(TenantName::as_str),
        ":role": view.role.as_str(),
        ":name": view.name,
        ":rate": view.requests_per_second,
        ":created": view.created_at.as_millisecond(),
    })?;
    Ok(true)
}

/// Whether there is or was any key.
pub(super) fn has_keys(conn: &Connection) -> Done<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM api_keys LIMIT 1")?.exists([])?)
}

pub(super) fn key(conn: &Connection, id: KeyId) -> Done<Option<StoredKey>> {
    let mut query = conn.prepare_cached(&format!("{KEY} WHERE id = ?1"))?;
    let mut rows = query.query([id.to_string()])?;
    rows.next()?.map(stored_key).transpose()
}

/// Oldest first.
pub(super) fn keys(conn: &Connection, after: Option<KeyId>, limit: u32) -> Done<Vec<KeyView>> {
    let mut query = conn.prepare_cached(&format!("{KEY} WHERE ?1 IS NULL OR id > ?1 ORDER BY id LIMIT ?2"))?;
    let mut rows = query.query((after.map(|id| id.to_string()), limit))?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(stored_key(row)?.view);
    }
    Ok(keys)
}

/// From now on it opens nothing. `None`: there is no such key.
pub(super) fn revoke_key(conn: &Connection, id: KeyId, now_ms: i64) -> Done<Option<KeyView>> {
    conn.prepare_cached("UPDATE api_keys SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms IS NULL")?.execute((id.to_string(), now_ms))?;
    Ok(key(conn, id)?.map(|key| key.view))
}

/// They were shown at these times.
pub(super) fn used_keys(conn: &Connection, used: &[(KeyId, i64)]) -> Done<()> {
    for (id, ms) in used {
        conn.prepare_cached("UPDATE api_keys SET last_used_ms = max(?2, coalesce(last_used_ms, 0)) WHERE id = ?1")?
            .execute((id.to_string(), ms))?;
    }
    Ok(())
}

fn stored_key(row: &Row<'_>) -> Done<StoredKey> {
    let corrupt = |what, why: String| QueueError::Corrupt { what, why };
    let id: String = row.get("id")?;
    let role: Result<Role, RoleError> = row.get::<_, String>("role")?.parse();
    let tenant: Option<String> = row.get("tenant")?;
    let view = KeyView {
        id: id.parse().map_err(|_| corrupt("key id", id.clone()))?,
        name: row.get("name")?,
        role: role.map_err(|err| corrupt("role", err.to_string()))?,
        tenant: tenant.map(|text| text.parse()).transpose().map_err(|_| corrupt("tenant", String::new()))?,
        requests_per_second: row.get("requests_per_second")?,
        created_at: rows::time(row, "created_ms")?,
        last_used_at: rows::time_or_null(row, "last_used_ms")?,
        revoked_at: rows::time_or_null(row, "revoked_ms")?,
    };
    Ok(StoredKey { view, hash: row.get("hash")? })
}

/// Stores how a tenant is treated, which is made if it is new.
pub(super) fn set_tenant(conn: &Connection, name: &TenantName, settings: &TenantSettings, now_ms: i64) -> Done<Option<TenantView>> {
    conn.prepare_cached(
        "INSERT INTO tenants (name, weight, max_running, created_ms) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET weight = excluded.weight, max_running = excluded.max_running",
    )?
    .execute((name.as_str(), settings.weight, settings.max_running, now_ms))?;
    tenant(conn, name)
}

pub(super) fn tenant(conn: &Connection, name: &TenantName) -> Done<Option<TenantView>> {
    let mut query = conn.prepare_cached(&format!("{TENANT} WHERE name = ?1"))?;
    query.query_row([name.as_str()], |row| Ok(tenant_view(row))).optional()?.transpose()
}

/// By name.
pub(super) fn tenants(conn: &Connection, after: Option<&TenantName>, limit: u32) -> Done<Vec<TenantView>> {
    let mut query = conn.prepare_cached(&format!("{TENANT} WHERE ?1 IS NULL OR name > ?1 ORDER BY name LIMIT ?2"))?;
    let mut rows = query.query((after.map(TenantName::as_str), limit))?;
    let mut tenants = Vec::new();
    while let Some(row) = rows.next()? {
        tenants.push(tenant_view(row)?);
    }
    Ok(tenants)
}

fn tenant_view(row: &Row<'_>) -> Done<TenantView> {
    let name: String = row.get("name")?;
    Ok(TenantView {
        name: name.parse().map_err(|_| QueueError::Corrupt { what: "tenant", why: name })?,
        settings: TenantSettings { weight: row.get("weight")?, max_running: row.get("max_running")? },
        created_at: rows::time(row, "created_ms")?,
    })
}
