//! What a worker shows to a Prometheus that may reach it.

use serde_json::json;

use crate::support::{Server, eventually, folder, job};

const SOURCE: &str = "
    export default async (input) => {
        if (input.ms) await new Promise((done) => setTimeout(done, input.ms));
        if (input.throws) throw new Error('asked to');
        while (input.loops) {}
        return 1;
    };";

/// Where a worker says that its metrics are.
async fn shown_at(worker: &Server) -> String {
    let address = eventually(async || {
        let log = worker.log();
        let (_, rest) = log.split_once("metrics are shown address=")?;
        rest.split_whitespace().next().map(str::to_owned)
    });
    format!("http://{}/metrics", address.await)
}

async fn scrape(url: &str) -> String {
    let answer = reqwest::get(url).await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    answer.text().await.unwrap()
}

fn metric(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no metric {name} in\n{text}")).parse().unwrap()
}

#[tokio::test]
async fn a_worker_counts_what_it_does() {
    let folder = folder();
    let manager = Server::manager(folder.path(), &["--lease", "600ms"]);
    let flags = ["--metrics-listen", "127.0.0.1:0", "--slots", "3"];
    let worker = Server::worker(&manager, folder.path(), "counted", &flags);
    let url = shown_at(&worker).await;

    let text = scrape(&url).await;
    let mut names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "scriptworker_fuel counter",
            "scriptworker_image_cache counter",
            "scriptworker_lease_renewals counter",
            "scriptworker_lease_renewals_failed counter",
            "scriptworker_leases_acquired counter",
            "scriptworker_leases_lost counter",
            "scriptworker_leases_released counter",
            "scriptworker_limit_kills counter",
            "scriptworker_resident_high_water_bytes gauge",
            "scriptworker_run_duration_seconds histogram",
            "scriptworker_run_memory_bytes histogram",
            "scriptworker_run_memory_high_water_bytes gauge",
            "scriptworker_runs counter",
            "scriptworker_slots gauge",
            "scriptworker_slots_used gauge",
        ]
    );
    // It listens before its engine is up.
    let text = eventually(async || Some(scrape(&url).await).filter(|text| metric(text, "scriptworker_slots") == 3.0)).await;
    assert_eq!(metric(&text, "scriptworker_slots_used"), 0.0);
    assert_eq!(metric(&text, "scriptworker_runs_total{outcome=\"returned\"}"), 0.0);

    // One after the other: the third finds an image.
    let mut fuel = 0;
    for input in [json!({}), json!({}), json!({}), json!({"throws": true})] {
        let id = manager.submit(&job(SOURCE, input)).await;
        let usage = &manager.finished(&id).await["usage"];
        fuel += usage["fuel"].as_u64().unwrap() + usage["load_fuel"].as_u64().unwrap();
    }
    let text = scrape(&url).await;
    assert_eq!(metric(&text, "scriptworker_fuel_total"), fuel as f64);
    assert_eq!(metric(&text, "scriptworker_run_duration_seconds_count"), 4.0);
    assert!(metric(&text, "scriptworker_image_cache_total{result=\"hit\"}") >= 1.0, "{text}");
    assert!(metric(&text, "scriptworker_image_cache_total{result=\"miss\"}") >= 2.0, "{text}");
    assert!(metric(&text, "scriptworker_resident_high_water_bytes") > 1e6);

    let mut loops = job(SOURCE, json!({"loops": true}));
    loops["limits"] = json!({"fuel": 50_000_000});
    let killed = manager.submit(&loops).await;
    let waits = manager.submit(&job(SOURCE, json!({"ms": 1500}))).await;
    eventually(async || (metric(&scrape(&url).await, "scriptworker_slots_used") >= 1.0).then_some(())).await;
    let mut memory = Vec::new();
    for id in [killed, waits] {
        memory.push(manager.finished(&id).await["usage"]["memory_bytes"].as_f64().unwrap());
    }
    let text = eventually(async || Some(scrape(&url).await).filter(|text| metric(text, "scriptworker_slots_used") == 0.0)).await;
    assert_eq!(metric(&text, "scriptworker_runs_total{outcome=\"returned\"}"), 4.0);
    assert_eq!(metric(&text, "scriptworker_runs_total{outcome=\"threw\"}"), 1.0);
    assert_eq!(metric(&text, "scriptworker_runs_total{outcome=\"limit_exceeded\"}"), 1.0);
    assert_eq!(metric(&text, "scriptworker_limit_kills_total{limit=\"fuel\"}"), 1.0);
    assert_eq!(metric(&text, "scriptworker_leases_acquired_total"), 6.0);
    assert!(metric(&text, "scriptworker_lease_renewals_total") >= 2.0, "{text}");
    assert!(metric(&text, "scriptworker_run_memory_high_water_bytes") >= memory[0].max(memory[1]), "{memory:?} {text}");
    assert_eq!(metric(&text, "scriptworker_leases_lost_total"), 0.0);

    // As a paused machine: the lease is lost, and it says so.
    let id = manager.submit(&job(SOURCE, json!({"ms": 300}))).await;
    manager.running(&id).await;
    worker.signal("STOP");
    eventually(async || (manager.metric("scriptmanager_leases_expired_total").await >= 1.0).then_some(())).await;
    worker.signal("CONT");
    eventually(async || (metric(&scrape(&url).await, "scriptworker_leases_lost_total") == 1.0).then_some(())).await;
}

#[tokio::test]
async fn a_worker_is_not_reached_unless_asked() {
    let folder = folder();
    let manager = Server::manager(folder.path(), &[]);
    let worker = Server::worker(&manager, folder.path(), "sealed", &[]);
    let id = manager.submit(&job(SOURCE, json!({}))).await;
    manager.finished(&id).await;
    // The sockets of this process that listen: their inodes among all that listen on this machine.
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let listening = |inode: &str| {
        tables.iter().flat_map(|table| table.lines()).any(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            fields.get(3) == Some(&"0A") && fields.get(9) == Some(&inode)
        })
    };
    let inodes = |pid: u32| -> Vec<String> {
        let links = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
        links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect()
    };
    assert!(inodes(manager.pid()).iter().any(|inode| listening(inode)), "the check sees nothing");
    assert!(!inodes(worker.pid()).iter().any(|inode| listening(inode)));
}
