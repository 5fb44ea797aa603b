//! Published scripts and libraries: their tables, written on the writer's thread.

use std::collections::BTreeMap;

use ampoule_protocol::{MAX_ALIASES, PublishedView, TenantName, VersionRef, VersionView};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension, Row};

use super::{Sqlite, rows};
use crate::queue::{
    QueueError,
    published::{AliasSet, Kind, NewVersion, Published, VersionKey, Withdrawn, hex},
    submitted::json,
};

type Done<T> = Result<T, QueueError>;

/// A version's columns without its sources.
const VERSION: &str = "SELECT name, version, hash, created_ms, source_bytes, manifest, withdrawn_ms";

impl Sqlite {
    pub(crate) async fn publish(&self, tenant: &TenantName, kind: Kind, name: &str, new: NewVersion, now_ms: i64) -> Done<Published> {
        let (tenant, name, modules) = (tenant.as_str().to_owned(), name.to_owned(), json(&new.modules));
        self.writer.run(move |conn, _| publish(conn, &tenant, kind, &name, &new, &modules, now_ms)).await
    }

    pub(crate) async fn has_version(&self, tenant: &TenantName, kind: Kind, name: &str, hash: [u8; 32]) -> Done<bool> {
        let (tenant, name) = (tenant.as_str().to_owned(), name.to_owned());
        self.read(move |conn| {
            let sql = "SELECT 1 FROM published_versions WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND hash = ?4";
            Ok(conn.prepare_cached(sql)?.exists((tenant, kind.number(), name, hash))?)
        })
        .await
    }

    pub(crate) async fn withdraw(&self, key: &VersionKey, now_ms: i64) -> Done<Withdrawn> {
        let key = key.clone();
        self.writer.run(move |conn, _| withdraw(conn, &key, now_ms)).await
    }

    pub(crate) async fn resolve(&self, tenant: &TenantName, kind: Kind, version: &VersionRef) -> Done<Option<u32>> {
        let (tenant, version) = (tenant.as_str().to_owned(), version.clone());
        self.read(move |conn| resolve(conn, &tenant, kind, &version)).await
    }

    pub(crate) async fn version(&self, key: &VersionKey) -> Done<Option<VersionView>> {
        let VersionKey { tenant, kind, name, version } = key.clone();
        let tenant = tenant.as_str().to_owned();
        let sql = format!("{VERSION}, modules FROM published_versions WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND version = ?4");
        self.read(move |conn| {
            let mut query = conn.prepare_cached(&sql)?;
            let mut found = query.query((tenant, kind.number(), name, version))?;
            let Some(row) = found.next()? else { return Ok(None) };
            Ok(Some(VersionView { modules: Some(rows::json(row, "modules")?), ..view(row)? }))
        })
        .await
    }

    pub(crate) async fn versions(&self, tenant: &TenantName, kind: Kind, name: &str, before: u32, limit: u32) -> Done<Vec<VersionView>> {
        let (tenant, name) = (tenant.as_str().to_owned(), name.to_owned());
        let sql = format!(
            "{VERSION} FROM published_versions WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND version < ?4 ORDER BY version DESC LIMIT ?5"
        );
        self.read(move |conn| {
            let mut query = conn.prepare_cached(&sql)?;
            let mut found = query.query((tenant, kind.number(), name, before, limit))?;
            let mut versions = Vec::new();
            while let Some(row) = found.next()? {
                versions.push(view(row)?);
            }
            Ok(versions)
        })
        .await
    }

    pub(crate) async fn published(&self, tenant: &TenantName, kind: Kind, name: &str) -> Done<Option<PublishedView>> {
        let (tenant, name) = (tenant.as_str().to_owned(), name.to_owned());
        self.read(move |conn| {
            let sql = "SELECT name, latest, updated_ms FROM published_names WHERE tenant = ?1 AND kind = ?2 AND name = ?3";
            let mut query = conn.prepare_cached(sql)?;
            let mut found = query.query((&tenant, kind.number(), name))?;
            found.next()?.map(|row| name_view(conn, &tenant, kind, row)).transpose()
        })
        .await
    }

    pub(crate) async fn published_names(&self, tenant: &TenantName, kind: Kind, after: &str, limit: u32) -> Done<Vec<PublishedView>> {
        let (tenant, after) = (tenant.as_str().to_owned(), after.to_owned());
        self.read(move |conn| {
            let sql =
                "SELECT name, latest, updated_ms FROM published_names WHERE tenant = ?1 AND kind = ?2 AND name > ?3 ORDER BY name LIMIT ?4";
            let mut query = conn.prepare_cached(sql)?;
            let mut found = query.query((&tenant, kind.number(), after, limit))?;
            let mut names = Vec::new();
            while let Some(row) = found.next()? {
                names.push(name_view(conn, &tenant, kind, row)?);
            }
            Ok(names)
        })
        .await
    }

    pub(crate) async fn set_alias(&self, key: &VersionKey, alias: &str, expected: Option<u32>, now_ms: i64) -> Done<AliasSet> {
        let (key, alias) = (key.clone(), alias.to_owned());
        self.writer.run(move |conn, _| set_alias(conn, &key, &alias, expected, now_ms)).await
    }

    pub(crate) async fn delete_alias(&self, tenant: &TenantName, kind: Kind, name: &str, alias: &str) -> Done<bool> {
        let (tenant, name, alias) = (tenant.as_str().to_owned(), name.to_owned(), alias.to_owned());
        self.writer
            .run(move |conn, _| {
                let sql = "DELETE FROM published_aliases WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND alias = ?4";
                Ok(conn.prepare_cached(sql)?.execute((tenant, kind.number(), name, alias))? > 0)
            })
            .await
    }
}

fn publish(conn: &Connection, tenant: &str, kind: Kind, name: &str, new: &NewVersion, modules: &str, now_ms: i64) -> Done<Published> {
    let kind = kind.number();
    let known = conn
        .prepare_cached("SELECT version FROM published_versions WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND hash = ?4")?
        .query_row((tenant, kind, name, new.hash), |row| row.get::<_, u32>(0))
        .optional()?;
    let is_new = known.is_none();
    let version = match known {
        Some(version) => {
            let back = "UPDATE published_versions SET withdrawn_ms = NULL WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND version = ?4";
            conn.prepare_cached(back)?.execute((tenant, kind, name, version))?;
            version
        }
        None => {
            let highest = conn
                .prepare_cached("SELECT versions FROM published_names WHERE tenant = ?1 AND kind = ?2 AND name = ?3")?
                .query_row((tenant, kind, name), |row| row.get::<_, u32>(0))
                .optional()?;
            let version = highest.unwrap_or(0) + 1;
            conn.prepare_cached(
                "INSERT INTO published_versions (tenant, kind, name, version, hash, created_ms, source_bytes, manifest, modules)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                tenant,
                kind,
                name,
                version,
                new.hash,
                now_ms,
                new.source_bytes().cast_signed(),
                json(&new.manifest),
                modules,
            ))?;
            version
        }
    };
    conn.prepare_cached(
        "INSERT INTO published_names (tenant, kind, name, latest, versions, updated_ms) VALUES (?1, ?2, ?3, ?4, ?4, ?5)
         ON CONFLICT DO UPDATE SET latest = excluded.latest, versions = max(versions, excluded.versions), updated_ms = excluded.updated_ms",
    )?
    .execute((tenant, kind, name, version, now_ms))?;
    let sql = format!("{VERSION} FROM published_versions WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND version = ?4");
    let mut query = conn.prepare_cached(&sql)?;
    let mut found = query.query((tenant, kind, name, version))?;
    let row = found.next()?.ok_or_else(|| QueueError::Corrupt { what: "version", why: "it is missing".into() })?;
    Ok(Published { version: view(row)?, is_new })
}

fn withdraw(conn: &Connection, key: &VersionKey, now_ms: i64) -> Done<Withdrawn> {
    let version = (key.tenant.as_str(), key.kind.number(), &key.name, key.version);
    let aliased = conn
        .prepare_cached("SELECT alias FROM published_aliases WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND version = ?4 LIMIT 1")?
        .query_row(version, |row| row.get(0))
        .optional()?;
    if let Some(alias) = aliased {
        return Ok(Withdrawn::Aliased(alias));
    }
    let found = conn
        .prepare_cached(
            "UPDATE published_versions SET withdrawn_ms = coalesce(withdrawn_ms, ?5)
             WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND version = ?4",
        )?
        .execute((version.0, version.1, version.2, version.3, now_ms))?;
    if found == 0 {
        return Ok(Withdrawn::NoVersion);
    }
    conn.prepare_cached(
        "UPDATE published_names SET latest = coalesce((SELECT max(v.version) FROM published_versions v
            WHERE v.tenant = ?1 AND v.kind = ?2 AND v.name = ?3 AND v.withdrawn_ms IS NULL), 0)
         WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND latest = ?4",
    )?
    .execute(version)?;
    Ok(Withdrawn::Done)
}

fn resolve(conn: &Connection, tenant: &str, kind: Kind, version: &VersionRef) -> Done<Option<u32>> {
    let VersionRef { name, version, alias } = version;
    let kind = kind.number();
    let found = match (version, alias) {
        (Some(version), _) => conn
            .prepare_cached("SELECT version FROM published_versions WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND version = ?4 AND withdrawn_ms IS NULL")?
            .query_row((tenant, kind, name, version), |row| row.get(0)),
        (None, Some(alias)) => conn
            .prepare_cached("SELECT version FROM published_aliases WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND alias = ?4")?
            .query_row((tenant, kind, name, alias), |row| row.get(0)),
        (None, None) => conn
            .prepare_cached("SELECT latest FROM published_names WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND latest > 0")?
            .query_row((tenant, kind, name), |row| row.get(0)),
    };
    Ok(found.optional()?)
}

fn set_alias(conn: &Connection, key: &VersionKey, alias: &str, expected: Option<u32>, now_ms: i64) -> Done<AliasSet> {
    let VersionKey { tenant, kind, name, version } = key;
    let tenant = tenant.as_str();
    let kind = kind.number();
    let mut exists = conn.prepare_cached(
        "SELECT 1 FROM published_versions WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND version = ?4 AND withdrawn_ms IS NULL",
    )?;
    if !exists.exists((tenant, kind, name, version))? {
        return Ok(AliasSet::NoVersion);
    }
    let mut aliases = conn.prepare_cached("SELECT alias, version FROM published_aliases WHERE tenant = ?1 AND kind = ?2 AND name = ?3")?;
    let aliases = aliases.query_map((tenant, kind, name), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let aliases: BTreeMap<String, u32> = aliases.collect::<Result<_, _>>()?;
    let found = aliases.get(alias).copied().unwrap_or(0);
    if expected.is_some_and(|expected| expected != found) {
        return Ok(AliasSet::Differs(found));
    }
    if found == 0 && aliases.len() >= MAX_ALIASES {
        return Ok(AliasSet::TooMany);
    }
    conn.prepare_cached(
        "INSERT INTO published_aliases (tenant, kind, name, alias, version, changed_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET version = excluded.version, changed_ms = excluded.changed_ms",
    )?
    .execute((tenant, kind, name, alias, version, now_ms))?;
    Ok(AliasSet::Done)
}

fn view(row: &Row<'_>) -> Done<VersionView> {
    Ok(VersionView {
        name: row.get("name")?,
        version: row.get("version")?,
        hash: hex(&row.get::<_, Vec<u8>>("hash")?),
        created_at: rows::time(row, "created_ms")?,
        source_bytes: row.get::<_, i64>("source_bytes")?.unsigned_abs(),
        manifest: rows::json(row, "manifest")?,
        withdrawn_at: rows::time_or_null(row, "withdrawn_ms")?,
        modules: None,
    })
}

fn name_view(conn: &Connection, tenant: &str, kind: Kind, row: &Row<'_>) -> Done<PublishedView> {
    let name: String = row.get("name")?;
    let mut aliases = conn.prepare_cached("SELECT alias, version FROM published_aliases WHERE tenant = ?1 AND kind = ?2 AND name = ?3")?;
    let aliases = aliases.query_map((tenant, kind.number(), &name), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(PublishedView {
        latest: row.get("latest")?,
        updated_at: rows::time(row, "updated_ms")?,
        aliases: aliases.collect::<Result<_, _>>()?,
        versions: None,
        name,
    })
}
