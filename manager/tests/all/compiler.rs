//! How often the compiler of TypeScript is started. It is a shell script here that counts, and gives back what it got.

use std::{fs, path::PathBuf, sync::LazyLock};

use ampoule_manager::Config;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Manager, On};

/// A line for each start.
struct Counting(TempDir);

impl Counting {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // It reads all before it writes, as the compiler does.
        let script =
            format!("echo started >>{}/starts\ninput=$(/bin/cat)\nprintf '{{\"compiled\":%s}}' \"$input\"\n", dir.path().display());
        fs::write(dir.path().join("compiler"), script).unwrap();
        Self(dir)
    }

    fn command(&self) -> Option<Vec<PathBuf>> {
        Some(vec!["/bin/sh".into(), self.0.path().join("compiler")])
    }

    /// Starts since the last look.
    fn starts(&self) -> usize {
        let path = self.0.path().join("starts");
        let starts = fs::read_to_string(&path).unwrap_or_default().lines().count();
        let _ = fs::remove_file(path);
        starts
    }
}

static SQLITE: LazyLock<Counting> = LazyLock::new(Counting::new);
static POSTGRES: LazyLock<Counting> = LazyLock::new(Counting::new);

async fn is_started_as_seldom_as_possible(on: On, counting: &Counting, configure: fn(&mut Config)) {
    let m = Manager::start_with(on, configure).await;
    let batch = |jobs: Vec<Value>| json!({"jobs": jobs});
    let typed = |source: &str| json!({"script": {"source": source, "language": "typescript"}});
    let plain = json!({"script": {"source": "1"}});

    let jobs: Vec<_> = (0..60).map(|n| if n % 3 == 0 { plain.clone() } else { typed("export default () => 1") }).collect();
    assert_eq!(m.post("/v1/jobs/batch", &batch(jobs)).await.status, 202);
    assert_eq!(counting.starts(), 1);
    assert_eq!(m.post("/v1/jobs/batch", &batch(vec![plain])).await.status, 202);
    assert_eq!(counting.starts(), 0);
    // As many as share a process.
    let large = typed(&format!("export default () => 1; // {}", "x".repeat(600 << 10)));
    assert_eq!(m.post("/v1/jobs/batch", &batch(vec![large.clone(), typed("1"), large])).await.status, 202);
    assert_eq!(counting.starts(), 2);

    // A version that is there is not compiled again.
    let script = json!({"modules": {"main.ts": "export default () => 1"}});
    assert_eq!(m.put("/v1/scripts/tax", &script).await.status, 201);
    assert_eq!(m.put("/v1/scripts/tax", &script).await.status, 200);
    assert_eq!(counting.starts(), 1);
    assert_eq!(m.put("/v1/libraries/tax", &script).await.status, 201);
    assert_eq!(counting.starts(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_started_as_seldom_as_possible_on_sqlite() {
    is_started_as_seldom_as_possible(On::Sqlite, &SQLITE, |config| config.compiler = SQLITE.command()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_started_as_seldom_as_possible_on_postgres() {
    if crate::postgres::is_there() {
        is_started_as_seldom_as_possible(On::Postgres, &POSTGRES, |config| config.compiler = POSTGRES.command()).await;
    }
}
