//! What is scraped is what is so.

use std::collections::BTreeMap;

use ampoule_protocol::{FaultCode, JobId, LeaseToken, Outcome};

use crate::support::{Manager, On, Random, fault, metric, on_both_stores, report, returned};

on_both_stores!(figures_are_exact_after_anything);

#[tokio::test]
async fn lists_every_metric_from_the_start() {
    let m = Manager::start(On::Sqlite).await;
    let answer = m.get("/metrics").await;
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    let shown = |line: &&str| line.starts_with("# HELP") || line.contains('{') && !line.contains("_bucket");
    let mut lines: Vec<&str> = answer.text.lines().filter(shown).collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    # HELP scriptmanager_job_queue_oldest_age_seconds Time for which the oldest job waiting to start could have started, 0 when none waits.
    # HELP scriptmanager_job_queue_size Jobs waiting to start; the same figure from every replica.
    # HELP scriptmanager_job_start_delay_seconds Time from queued to started, of each attempt.
    # HELP scriptmanager_jobs_blocked Jobs waiting for another one with their concurrency key; the same figure from every replica.
    # HELP scriptmanager_jobs_capped Jobs waiting for another one of their tenant to end, of which as many run as may; the same figure from every replica.
    # HELP scriptmanager_jobs_delayed Jobs waiting for their time; the same figure from every replica.
    # HELP scriptmanager_jobs_finished Jobs that reached a final state, by the kind of their outcome.
    # HELP scriptmanager_jobs_running Jobs under a lease; the same figure from every replica.
    # HELP scriptmanager_jobs_submitted Jobs stored.
    # HELP scriptmanager_leases_acquired Leases given to workers.
    # HELP scriptmanager_leases_expired Leases that ran out: the worker was lost.
    # HELP scriptmanager_leases_released Leases that came back unused, because a worker drained or went away.
    # HELP scriptmanager_stale_completions Reports under a lease that was no longer held.
    # HELP scriptmanager_store_commits Transactions of the store that were synced to disk.
    # HELP scriptmanager_store_writes Writes to the store; many share one commit.
    scriptmanager_jobs_finished_total{outcome="cancelled"} 0
    scriptmanager_jobs_finished_total{outcome="fault"} 0
    scriptmanager_jobs_finished_total{outcome="limit_exceeded"} 0
    scriptmanager_jobs_finished_total{outcome="returned"} 0
    scriptmanager_jobs_finished_total{outcome="threw"} 0
    "#);
    assert!(answer.text.ends_with("# EOF\n"));
}

/// After every random operation the depth is exact; at the end, so is every counter.
async fn figures_are_exact_after_anything(on: On) {
    let seed = Random::seed();
    println!("SEED={seed}");
    let mut random = Random::new(seed);
    let m = Manager::start_with(on, |config| config.max_attempts = 2).await;
    let mut queued: Vec<JobId> = Vec::new();
    let mut running: Vec<(LeaseToken, bool)> = Vec::new();
    let mut losses: BTreeMap<JobId, u32> = BTreeMap::new();
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    let finished = |outcome: &str| match outcome {
        "returned" => "scriptmanager_jobs_finished_total{outcome=\"returned\"}",
        "cancelled" => "scriptmanager_jobs_finished_total{outcome=\"cancelled\"}",
        _ => "scriptmanager_jobs_finished_total{outcome=\"fault\"}",
    };
    for _ in 0..300 {
        let mut count = |name| *counts.entry(name).or_default() += 1.0;
        match random.below(7) {
            0 | 1 => {
                queued.push(m.submit().await);
                count("scriptmanager_jobs_submitted_total");
            }
            2 => {
                for job in m.acquire("w", 1 + random.below(3) as u32, 0).await.jobs {
                    queued.retain(|id| *id != job.token.job_id);
                    running.push((job.token, false));
                    count("scriptmanager_leases_acquired_total");
                }
            }
            3 if !queued.is_empty() => {
                let id = queued.swap_remove(random.below(queued.len()));
                m.cancel(id).await;
                count(finished("cancelled"));
            }
            4 if !running.is_empty() => {
                let k = random.below(running.len());
                m.cancel(running[k].0.job_id).await;
                running[k].1 = true;
            }
            5 if !running.is_empty() => {
                let (token, cancelling) = running.swap_remove(random.below(running.len()));
                m.lease("release", token).await;
                count("scriptmanager_leases_released_total");
                if cancelling { count(finished("cancelled")) } else { queued.push(token.job_id) }
            }
            6 if !running.is_empty() => {
                let (token, cancelling) = running.swap_remove(random.below(running.len()));
                match random.below(3) {
                    0 => {
                        m.complete(token, returned("1")).await;
                        count(finished("returned"));
                    }
                    1 => {
                        m.complete(token, report(Outcome::Cancelled)).await;
                        count(finished("cancelled"));
                    }
                    _ => {
                        m.complete(token, fault(FaultCode::Host)).await;
                        let lost = losses.entry(token.job_id).or_default();
                        *lost += 1;
                        match (cancelling, *lost) {
                            (true, _) => count(finished("cancelled")),
                            (false, 1) => queued.push(token.job_id),
                            (false, _) => count(finished("fault")),
                        }
                    }
                }
                m.complete(token, returned("2")).await;
                count("scriptmanager_stale_completions_total");
            }
            _ => {}
        }
        let text = m.get("/metrics").await.text;
        let depths = (metric(&text, "scriptmanager_job_queue_size"), metric(&text, "scriptmanager_jobs_running"));
        assert_eq!(depths, (queued.len() as f64, running.len() as f64));
        assert!(!queued.is_empty() || metric(&text, "scriptmanager_job_queue_oldest_age_seconds") == 0.0);
    }
    let text = m.get("/metrics").await.text;
    for (name, value) in counts {
        assert_eq!(metric(&text, name), value, "{name}");
    }
}
