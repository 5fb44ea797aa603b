//! Keys and tenants.

use ampoule_protocol::{KeyId, KeyView, Role, RoleError, TenantName, TenantSettings, TenantView};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

use super::rows;
use crate::queue::{QueueError, StoredKey};

type Done<T> = Result<T, QueueError>;

const KEY: &str = "SELECT id, hash, tenant, role, name, requests_per_second, created_ms, last_used_ms, revoked_ms FROM api_keys";
const TENANT: &str = "SELECT name, weight, max_running, created_ms FROM tenants";

/// Stores a key, and its tenant if that is new. False: it was to be the first, and is not.
pub(super) async fn add_key(tx: &Transaction<'_>, key: &StoredKey, only_first: bool) -> Done<bool> {
    if only_first {
        // Of managers that start at once, one makes the first key.
        tx.batch_execute("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE").await?;
        if has_keys(tx).await? {
            return Ok(false);
        }
    }
    let view = &key.view;
    let created_ms = view.created_at.as_millisecond();
    let tenant = view.tenant.as_ref().map(TenantName::as_str);
    if tenant.is_some() {
        let insert = "INSERT INTO tenants (name, created_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.execute(insert, &[&tenant, &created_ms]).await?;
    }
    let insert = "INSERT INTO api_keys (id, hash, tenant, role, name, requests_per_second, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let rate = view.requests_per_second.map(u32::cast_signed);
    tx.execute(insert, &[&view.id.to_string(), &&key.hash[..], &tenant, &view.role.as_str(), &view.name, &rate, &created_ms]).await?;
    Ok(true)
}

/// Whether there is or was any key.
pub(super) async fn has_keys(client: &impl GenericClient) -> Done<bool> {
    let query = client.prepare_cached("SELECT EXISTS (SELECT 1 FROM api_keys)").await?;
    Ok(client.query_one(&query, &[]).await?.try_get(0)?)
}

pub(super) async fn key(client: &impl GenericClient, id: KeyId) -> Done<Option<StoredKey>> {
    let query = client.prepare_cached(&format!("{KEY} WHERE id = $1")).await?;
    client.query_opt(&query, &[&id.to_string()]).await?.as_ref().map(stored_key).transpose()
}

/// Oldest first.
pub(super) async fn keys(client: &impl GenericClient, after: Option<KeyId>, limit: u32) -> Done<Vec<KeyView>> {
    let query = client.prepare_cached(&format!("{KEY} WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2")).await?;
    let found = client.query(&query, &[&after.map(|id| id.to_string()), &i64::from(limit)]).await?;
    found.iter().map(|row| Ok(stored_key(row)?.view)).collect()
}

/// From now on it opens nothing. `None`: there is no such key.
pub(super) async fn revoke_key(client: &impl GenericClient, id: KeyId, now_ms: i64) -> Done<Option<KeyView>> {
    let update = client.prepare_cached("UPDATE api_keys SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL").await?;
    client.execute(&update, &[&id.to_string(), &now_ms]).await?;
    Ok(key(client, id).await?.map(|key| key.view))
}

/// They were shown at these times.
pub(super) async fn used_keys(client: &impl GenericClient, used: &[(KeyId, i64)]) -> Done<()> {
    let update = client
        .prepare_cached(
            "UPDATE api_keys k SET last_used_ms = greatest(u.ms, k.last_used_ms) FROM unnest($1::text[], $2::bigint[]) AS u (id, ms)
             WHERE k.id = u.id",
        )
        .await?;
    let (ids, times): (Vec<String>, Vec<i64>) = used.iter().map(|(id, ms)| (id.to_string(), *ms)).unzip();
    client.execute(&update, &[&ids, &times]).await?;
    Ok(())
}

fn stored_key(row: &Row) -> Done<StoredKey> {
    let corrupt = |what, why: String| QueueError::Corrupt { what, why };
    let id: &str = row.try_get("id")?;
    let role: Result<Role, RoleError> = row.try_get::<_, &str>("role")?.parse();
    let tenant: Option<&str> = row.try_get("tenant")?;
    let view = KeyView {
        id: id.parse().map_err(|_| corrupt("key id", id.to_owned()))?,
        name: row.try_get("name")?,
        role: role.map_err(|err| corrupt("role", err.to_string()))?,
        tenant: tenant.map(str::parse).transpose().map_err(|_| corrupt("tenant", String::new()))?,
        requests_per_second: row.try_get::<_, Option<i32>>("requests_per_second")?.map(i32::cast_unsigned),
        created_at: rows::time(row, "created_ms")?,
        last_used_at: rows::time_or_null(row, "last_used_ms")?,
        revoked_at: rows::time_or_null(row, "revoked_ms")?,
    };
    let hash: &[u8] = row.try_get("hash")?;
    Ok(StoredKey { view, hash: hash.try_into().map_err(|_| corrupt("key hash", format!("{} bytes", hash.len())))? })
}

/// Stores how a tenant is treated, which is made if it is new.
pub(super) async fn set_tenant(
    client: &impl GenericClient,
    name: &TenantName,
    settings: &TenantSettings,
    now_ms: i64,
) -> Done<Option<TenantView>> {
    let set = client
        .prepare_cached(
            "INSERT INTO tenants (name, weight, max_running, created_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name) DO UPDATE SET weight = excluded.weight, max_running = excluded.max_running",
        )
        .await?;
    let most = settings.max_running.map(u32::cast_signed);
    client.execute(&set, &[&name.as_str(), &settings.weight.cast_signed(), &most, &now_ms]).await?;
    tenant(client, name).await
}

pub(super) async fn tenant(client: &impl GenericClient, name: &TenantName) -> Done<Option<TenantView>> {
    let query = client.prepare_cached(&format!("{TENANT} WHERE name = $1")).await?;
    client.query_opt(&query, &[&name.as_str()]).await?.as_ref().map(tenant_view).transpose()
}

/// By name.
pub(super) async fn tenants(client: &impl GenericClient, after: Option<&TenantName>, limit: u32) -> Done<Vec<TenantView>> {
    // Names are ASCII, and all stores list them alike.
    let query = client
        .prepare_cached(&format!(r#"{TENANT} WHERE $1::text IS NULL OR name > $1 COLLATE "C" ORDER BY name COLLATE "C" LIMIT $2"#))
        .await?;
    let found = client.query(&query, &[&after.map(TenantName::as_str), &i64::from(limit)]).await?;
    found.iter().map(tenant_view).collect()
}

fn tenant_view(row: &Row) -> Done<TenantView> {
    let name: &str = row.try_get("name")?;
    Ok(TenantView {
        name: name.parse().map_err(|_| QueueError::Corrupt { what: "tenant", why: name.to_owned() })?,
        settings: TenantSettings {
            weight: row.try_get::<_, i32>("weight")?.cast_unsigned(),
            max_running: row.try_get::<_, Option<i32>>("max_running")?.map(i32::cast_unsigned),
        },
        created_at: rows::time(row, "created_ms")?,
    })
}
