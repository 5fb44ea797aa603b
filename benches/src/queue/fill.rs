//! Makes a store deep: one job that was stored as usual is copied in the tables, many times. No client waits that long.

use std::{path::Path, process::Command};

use ampoule_protocol::JobId;
use anyhow::{Context as _, Result, ensure};
use rusqlite::Connection;
use tokio_postgres::NoTls;

use super::rig::Store;

/// Jobs of one transaction.
const STEP: u64 = 100_000;
/// What a waiting job takes of the disk at the most, with its indexes and the log of what is written.
const BYTES_EACH: u64 = 3_000;
/// Left to others.
const SPARE_BYTES: u64 = 8 << 30;

/// The id of the copy of this number.
pub(super) fn id(number: u64) -> JobId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(format!("{number:016}").as_bytes());
    JobId::from_bytes(bytes)
}

/// Fails unless there is room for so many.
pub(super) fn check_room(dir: &Path, count: u64) -> Result<()> {
    let output = Command::new("df").args(["--output=avail", "-B1"]).arg(dir).output().context("df does not start")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let free: u64 = text.lines().nth(1).and_then(|line| line.trim().parse().ok()).context("df tells no free space")?;
    let wanted = count * BYTES_EACH + SPARE_BYTES;
    ensure!(free >= wanted, "{} GiB are free on the disk, and {} GiB are needed", free >> 30, wanted >> 30);
    Ok(())
}

/// Copies the only job of a store that no manager works on. `told` hears how many there are.
pub(super) async fn fill(store: &Store, url: &str, count: u64, told: impl FnMut(u64)) -> Result<()> {
    match store {
        Store::Sqlite(_) => sqlite(url.trim_start_matches("sqlite:"), count, told),
        Store::Postgres(_) => postgres(url, count, told).await,
    }
}

/// `INSERT` of numbers `from` up to `to` from a row's copies; `id` and `series` are the store's ways to print an id and to count.
fn copies(table: &str, columns: &[String], id: &str, series: &str) -> String {
    let values = columns.iter().map(|column| match column.as_str() {
        "seq" => "n.i".to_owned(),
        "id" => id.to_owned(),
        column => format!("t.{column}"),
    });
    let values: Vec<_> = values.collect();
    format!("INSERT INTO {table} ({}) SELECT {} FROM {series} CROSS JOIN {table} t WHERE t.seq = 1", columns.join(", "), values.join(", "))
}

fn sqlite(path: &str, count: u64, mut told: impl FnMut(u64)) -> Result<()> {
    let conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")?;
    let copy = |table: &str| -> Result<String> {
        let mut columns = conn.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let columns: Vec<String> = columns.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let series = "(WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2) SELECT i FROM n) n";
        Ok(copies(table, &columns, "CAST(printf('%016d', n.i) AS BLOB)", series))
    };
    let (jobs, payloads) = (copy("jobs")?, copy("payloads")?);
    let mut next = 2;
    while next <= count {
        let end = (next + STEP).min(count + 1);
        conn.execute_batch("BEGIN")?;
        conn.execute(&jobs, (next.cast_signed(), end.cast_signed()))?;
        conn.execute(&payloads, (next.cast_signed(), end.cast_signed()))?;
        conn.execute_batch("COMMIT")?;
        next = end;
        told(next - 1);
    }
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

async fn postgres(url: &str, count: u64, mut told: impl FnMut(u64)) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute("SET search_path = ampoule; SET synchronous_commit = off").await?;
    let mut inserts = Vec::new();
    for table in ["jobs", "payloads"] {
        let names =
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'ampoule' AND table_name::text = $1::text";
        let columns: Vec<String> = client.query(names, &[&table]).await?.iter().map(|row| row.get(0)).collect();
        let id = "encode(convert_to(lpad(n.i::text, 16, '0'), 'UTF8'), 'hex')::uuid";
        inserts.push(client.prepare(&copies(table, &columns, id, "generate_series($1::bigint, $2::bigint - 1) AS n (i)")).await?);
    }
    let mut next = 2;
    while next <= count {
        let end = (next + STEP).min(count + 1);
        for insert in &inserts {
            client.execute(insert, &[&next.cast_signed(), &end.cast_signed()]).await?;
        }
        next = end;
        told(next - 1);
    }
    // What the server does by itself in the course of a queue's growth.
    client.batch_execute(&format!("SELECT setval('job_seq', {count})")).await?;
    client.batch_execute("VACUUM (ANALYZE) jobs").await?;
    client.batch_execute("VACUUM (ANALYZE) payloads").await?;
    client.batch_execute("CHECKPOINT").await?;
    drop(client);
    connection.await??;
    Ok(())
}
