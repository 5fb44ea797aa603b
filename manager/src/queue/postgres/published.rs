//! Published scripts and libraries: their tables. Changes of one name are made one after the other, under a lock of its own.

use ampoule_protocol::{MAX_ALIASES, PublishedView, TenantName, VersionRef, VersionView};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

use super::{Postgres, rows, session};
use crate::queue::{
    QueueError,
    published::{AliasSet, Kind, NewVersion, Published, VersionKey, Withdrawn, hex},
    submitted::json,
};

type Done<T> = Result<T, QueueError>;

/// A version's columns without its sources.
const VERSION: &str = "SELECT name, version, hash, created_ms, source_bytes, manifest, withdrawn_ms";

impl Postgres {
    pub(crate) async fn publish(&self, tenant: &TenantName, kind: Kind, name: &str, new: NewVersion, now_ms: i64) -> Done<Published> {
        let tenant = tenant.as_str();
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        lock(&tx, tenant, kind, name).await?;
        let number = kind.number();
        let known =
            tx.prepare_cached("SELECT version FROM published_versions WHERE tenant = $1 AND kind = $2 AND name = $3 AND hash = $4").await?;
        let known = tx.query_opt(&known, &[&tenant, &number, &name, &&new.hash[..]]).await?;
        let is_new = known.is_none();
        let version: i32 = match known {
            Some(row) => {
                let version = row.try_get(0)?;
                let back =
                    "UPDATE published_versions SET withdrawn_ms = NULL WHERE tenant = $1 AND kind = $2 AND name = $3 AND version = $4";
                tx.execute(&tx.prepare_cached(back).await?, &[&tenant, &number, &name, &version]).await?;
                version
            }
            None => {
                let highest =
                    tx.prepare_cached("SELECT versions FROM published_names WHERE tenant = $1 AND kind = $2 AND name = $3").await?;
                let highest = tx.query_opt(&highest, &[&tenant, &number, &name]).await?;
                let version = highest.map(|row| row.try_get::<_, i32>(0)).transpose()?.unwrap_or(0) + 1;
                let insert = tx
                    .prepare_cached(
                        "INSERT INTO published_versions (tenant, kind, name, version, hash, created_ms, source_bytes, manifest, modules)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    )
                    .await?;
                let (bytes, manifest, modules) = (new.source_bytes().cast_signed(), json(&new.manifest), json(&new.modules));
                tx.execute(&insert, &[&tenant, &number, &name, &version, &&new.hash[..], &now_ms, &bytes, &manifest, &modules]).await?;
                version
            }
        };
        let point = tx
            .prepare_cached(
                "INSERT INTO published_names AS n (tenant, kind, name, latest, versions, updated_ms) VALUES ($1, $2, $3, $4, $4, $5)
                 ON CONFLICT (tenant, kind, name) DO UPDATE SET latest = excluded.latest, versions = greatest(n.versions, excluded.versions),
                    updated_ms = excluded.updated_ms",
            )
            .await?;
        tx.execute(&point, &[&tenant, &number, &name, &version, &now_ms]).await?;
        let sql = format!("{VERSION} FROM published_versions WHERE tenant = $1 AND kind = $2 AND name = $3 AND version = $4");
        let query = tx.prepare_cached(&sql).await?;
        let version = view(&tx.query_one(&query, &[&tenant, &number, &name, &version]).await?)?;
        tx.commit().await?;
        Ok(Published { version, is_new })
    }

    pub(crate) async fn has_version(&self, tenant: &TenantName, kind: Kind, name: &str, hash: [u8; 32]) -> Done<bool> {
        let tenant = tenant.as_str();
        let client = session::lend(&self.readers).await?;
        let sql = "SELECT 1 FROM published_versions WHERE tenant = $1 AND kind = $2 AND name = $3 AND hash = $4";
        let query = client.prepare_cached(sql).await?;
        Ok(client.query_opt(&query, &[&tenant, &kind.number(), &name, &&hash[..]]).await?.is_some())
    }

    pub(crate) async fn withdraw(&self, key: &VersionKey, now_ms: i64) -> Done<Withdrawn> {
        let VersionKey { tenant, kind, name, version } = key;
        let tenant = tenant.as_str();
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        lock(&tx, tenant, *kind, name).await?;
        let aliases = aliases(&tx, tenant, *kind, name).await?;
        if let Some((alias, _)) = aliases.into_iter().find(|(_, points_to)| points_to == version) {
            return Ok(Withdrawn::Aliased(alias));
        }
        let (number, version) = (kind.number(), i32::try_from(*version).unwrap_or(0));
        let mark = "UPDATE published_versions SET withdrawn_ms = coalesce(withdrawn_ms, $5)
                    WHERE tenant = $1 AND kind = $2 AND name = $3 AND version = $4";
        if tx.execute(&tx.prepare_cached(mark).await?, &[&tenant, &number, name, &version, &now_ms]).await? == 0 {
            return Ok(Withdrawn::NoVersion);
        }
        let point = "UPDATE published_names SET latest = coalesce((SELECT max(v.version) FROM published_versions v
                        WHERE v.tenant = $1 AND v.kind = $2 AND v.name = $3 AND v.withdrawn_ms IS NULL), 0)
                     WHERE tenant = $1 AND kind = $2 AND name = $3 AND latest = $4";
        tx.execute(&tx.prepare_cached(point).await?, &[&tenant, &number, name, &version]).await?;
        tx.commit().await?;
        Ok(Withdrawn::Done)
    }

    pub(crate) async fn resolve(&self, tenant: &TenantName, kind: Kind, version: &VersionRef) -> Done<Option<u32>> {
        let tenant = tenant.as_str();
        let client = session::lend(&self.readers).await?;
        let VersionRef { name, version, alias } = version;
        let kind = kind.number();
        let row = match (version, alias) {
            (Some(version), _) => {
                let sql = "SELECT version FROM published_versions
                           WHERE tenant = $1 AND kind = $2 AND name = $3 AND version = $4 AND withdrawn_ms IS NULL";
                // No version is beyond the signed numbers.
                let version = i32::try_from(*version).unwrap_or(0);
                client.query_opt(&client.prepare_cached(sql).await?, &[&tenant, &kind, name, &version]).await?
            }
            (None, Some(alias)) => {
                let sql = "SELECT version FROM published_aliases WHERE tenant = $1 AND kind = $2 AND name = $3 AND alias = $4";
                client.query_opt(&client.prepare_cached(sql).await?, &[&tenant, &kind, name, alias]).await?
            }
            (None, None) => {
                let sql = "SELECT latest AS version FROM published_names WHERE tenant = $1 AND kind = $2 AND name = $3 AND latest > 0";
                client.query_opt(&client.prepare_cached(sql).await?, &[&tenant, &kind, name]).await?
            }
        };
        row.map(|row| rows::count(&row, "version")).transpose()
    }

    pub(crate) async fn version(&self, key: &VersionKey) -> Done<Option<VersionView>> {
        let VersionKey { tenant, kind, name, version } = key;
        let tenant = tenant.as_str();
        let client = session::lend(&self.readers).await?;
        let sql = format!("{VERSION}, modules FROM published_versions WHERE tenant = $1 AND kind = $2 AND name = $3 AND version = $4");
        let version = i32::try_from(*version).unwrap_or(0);
        let found = client.query_opt(&client.prepare_cached(&sql).await?, &[&tenant, &kind.number(), name, &version]).await?;
        let view = |row: Row| Ok(VersionView { modules: Some(rows::json(&row, "modules")?), ..view(&row)? });
        found.map(view).transpose()
    }

    pub(crate) async fn versions(&self, tenant: &TenantName, kind: Kind, name: &str, before: u32, limit: u32) -> Done<Vec<VersionView>> {
        let tenant = tenant.as_str();
        let client = session::lend(&self.readers).await?;
        let sql = format!(
            "{VERSION} FROM published_versions WHERE tenant = $1 AND kind = $2 AND name = $3 AND version < $4 ORDER BY version DESC LIMIT $5"
        );
        let before = i32::try_from(before).unwrap_or(i32::MAX);
        let query = client.prepare_cached(&sql).await?;
        let found = client.query(&query, &[&tenant, &kind.number(), &name, &before, &i64::from(limit)]).await?;
        found.iter().map(view).collect()
    }

    pub(crate) async fn published(&self, tenant: &TenantName, kind: Kind, name: &str) -> Done<Option<PublishedView>> {
        let tenant = tenant.as_str();
        let client = session::lend(&self.readers).await?;
        let sql = "SELECT name, latest, updated_ms FROM published_names WHERE tenant = $1 AND kind = $2 AND name = $3";
        match client.query_opt(&client.prepare_cached(sql).await?, &[&tenant, &kind.number(), &name]).await? {
            Some(row) => name_view(&client, tenant, kind, &row).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn published_names(&self, tenant: &TenantName, kind: Kind, after: &str, limit: u32) -> Done<Vec<PublishedView>> {
        let tenant = tenant.as_str();
        let client = session::lend(&self.readers).await?;
        // In the order of bytes, whatever the database's collation.
        let sql = "SELECT name, latest, updated_ms FROM published_names WHERE tenant = $1 AND kind = $2 AND name COLLATE \"C\" > $3
                   ORDER BY name COLLATE \"C\" LIMIT $4";
        let query = client.prepare_cached(sql).await?;
        let found = client.query(&query, &[&tenant, &kind.number(), &after, &i64::from(limit)]).await?;
        let mut names = Vec::with_capacity(found.len());
        for row in &found {
            names.push(name_view(&client, tenant, kind, row).await?);
        }
        Ok(names)
    }

    pub(crate) async fn set_alias(&self, key: &VersionKey, alias: &str, expected: Option<u32>, now_ms: i64) -> Done<AliasSet> {
        let VersionKey { tenant, kind, name, version } = key;
        let tenant = tenant.as_str();
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        lock(&tx, tenant, *kind, name).await?;
        let (number, version) = (kind.number(), i32::try_from(*version).unwrap_or(0));
        let exists =
            "SELECT 1 FROM published_versions WHERE tenant = $1 AND kind = $2 AND name = $3 AND version = $4 AND withdrawn_ms IS NULL";
        if tx.query_opt(&tx.prepare_cached(exists).await?, &[&tenant, &number, name, &version]).await?.is_none() {
            return Ok(AliasSet::NoVersion);
        }
        let aliases = aliases(&tx, tenant, *kind, name).await?;
        let found = aliases.get(alias).copied().unwrap_or(0);
        if expected.is_some_and(|expected| expected != found) {
            return Ok(AliasSet::Differs(found));
        }
        if found == 0 && aliases.len() >= MAX_ALIASES {
            return Ok(AliasSet::TooMany);
        }
        let set = tx
            .prepare_cached(
                "INSERT INTO published_aliases (tenant, kind, name, alias, version, changed_ms) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (tenant, kind, name, alias) DO UPDATE SET version = excluded.version, changed_ms = excluded.changed_ms",
            )
            .await?;
        tx.execute(&set, &[&tenant, &number, name, &alias, &version, &now_ms]).await?;
        tx.commit().await?;
        Ok(AliasSet::Done)
    }

    pub(crate) async fn delete_alias(&self, tenant: &TenantName, kind: Kind, name: &str, alias: &str) -> Done<bool> {
        let tenant = tenant.as_str();
        let client = session::lend(&self.shared.pool).await?;
        let sql = "DELETE FROM published_aliases WHERE tenant = $1 AND kind = $2 AND name = $3 AND alias = $4";
        Ok(client.execute(&client.prepare_cached(sql).await?, &[&tenant, &kind.number(), &name, &alias]).await? > 0)
    }
}

async fn lock(tx: &Transaction<'_>, tenant: &str, kind: Kind, name: &str) -> Done<()> {
    let lock = tx.prepare_cached("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))").await?;
    // No name holds a slash.
    tx.query_one(&lock, &[&format!("{tenant}/{}/{name}", kind.number())]).await?;
    Ok(())
}

async fn aliases(client: &impl GenericClient, tenant: &str, kind: Kind, name: &str) -> Done<std::collections::BTreeMap<String, u32>> {
    let sql = "SELECT alias, version FROM published_aliases WHERE tenant = $1 AND kind = $2 AND name = $3";
    let found = client.query(&client.prepare_cached(sql).await?, &[&tenant, &kind.number(), &name]).await?;
    found.iter().map(|row| Ok((row.try_get("alias")?, rows::count(row, "version")?))).collect()
}

fn view(row: &Row) -> Done<VersionView> {
    Ok(VersionView {
        name: row.try_get("name")?,
        version: rows::count(row, "version")?,
        hash: hex(row.try_get("hash")?),
        created_at: rows::time(row, "created_ms")?,
        source_bytes: row.try_get::<_, i64>("source_bytes")?.unsigned_abs(),
        manifest: rows::json(row, "manifest")?,
        withdrawn_at: rows::time_or_null(row, "withdrawn_ms")?,
        modules: None,
    })
}

async fn name_view(client: &impl GenericClient, tenant: &str, kind: Kind, row: &Row) -> Done<PublishedView> {
    let name: String = row.try_get("name")?;
    Ok(PublishedView {
        latest: rows::count(row, "latest")?,
        updated_at: rows::time(row, "updated_ms")?,
        aliases: aliases(client, tenant, kind, &name).await?,
        versions: None,
        name,
    })
}
