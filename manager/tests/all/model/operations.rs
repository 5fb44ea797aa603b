//! Any operation at any time: jobs of all kinds, two workers, ceilings, reopened stores.

use ampoule_protocol::{ConcurrencyPolicy, JobId, JobSpec, LeaseToken, Retry, TenantSettings};
use jiff::Timestamp;

use super::{
    Ending, TENANTS,
    pair::{Compared, Pair},
};
use crate::support::{On, Random, job, on_both_stores};

on_both_stores!(does_what_the_model_does);

async fn does_what_the_model_does(on: On) {
    let seed = Random::seed();
    println!("SEED={seed}");
    for round in 0..if on == On::Sqlite { 10 } else { 4 } {
        explore(on, seed.wrapping_add(round), 200, Compared::Everybodys).await;
    }
}

/// A job of any kind; `now_ms` is when it is submitted.
pub(super) fn any_job(random: &mut Random, now_ms: i64) -> JobSpec {
    let mut spec: JobSpec = serde_json::from_value(job()).unwrap();
    spec.priority = random.below(3) as i32 - 1;
    if random.below(4) == 0 {
        spec.run_at = Timestamp::from_millisecond(now_ms - 1_000 + random.below(8_000) as i64).ok();
    }
    if random.below(4) == 0 {
        spec.start_within_ms = Some(1 + random.below(10_000) as u64);
    }
    if random.below(3) == 0 {
        let backoff_ms = [0, 2_000][random.below(2)];
        let non_retryable = vec!["Never".to_owned()];
        spec.retry = Some(Retry { max_attempts: Some(2), on_throw: random.below(2) == 0, backoff_ms, non_retryable, ..Retry::default() });
    }
    spec.concurrency_key = (random.below(3) == 0).then(|| ["k", "l"][random.below(2)].to_owned());
    spec.concurrency_policy =
        [ConcurrencyPolicy::Queue, ConcurrencyPolicy::Queue, ConcurrencyPolicy::CancelOldest, ConcurrencyPolicy::CancelNewest]
            [random.below(4)];
    spec
}

/// One that a seed gives again: a job's pauses depend on its id.
pub(super) fn any_id(random: &mut Random) -> JobId {
    JobId::from_bytes(std::array::from_fn(|_| random.below(256) as u8))
}

pub(super) fn any_ceiling(random: &mut Random) -> TenantSettings {
    let most = random.below(5);
    TenantSettings { weight: 1 + random.below(3) as u32, max_running: (most > 0).then_some(most as u32) }
}

pub(super) async fn explore(on: On, seed: u64, steps: usize, compared: Compared) {
    let mut random = Random::new(seed);
    let (mut pair, mut tokens) = (Pair::new(on, compared).await, Vec::<LeaseToken>::new());
    for _ in 0..steps {
        pair.now_ms += random.below(2_000) as i64;
        match random.below(14) {
            0..=2 => {
                let (spec, id) = (any_job(&mut random, pair.now_ms), any_id(&mut random));
                pair.submit(id, TENANTS[random.below(2)], spec, None).await;
            }
            3 | 4 => {
                let (worker, slots) = (["a", "b"][random.below(2)], random.below(4));
                if random.below(5) == 0 {
                    pair.acquire_in_vain(worker, slots).await;
                } else {
                    tokens.extend(pair.acquire(worker, slots).await.0);
                }
            }
            5 => {
                let asked: Vec<_> = (0..3).filter_map(|_| random.pick(&tokens).copied()).collect();
                pair.renew(asked).await;
            }
            6 | 7 => {
                let Some(token) = random.pick(&tokens).copied() else { continue };
                pair.complete(token, Ending::ALL[random.below(4)]).await;
            }
            8 => {
                let Some(token) = random.pick(&tokens).copied() else { continue };
                pair.release(token).await;
            }
            9 if !pair.model.jobs.is_empty() => {
                let k = random.below(pair.model.jobs.len());
                if random.below(2) == 0 {
                    pair.cancel(k).await;
                } else {
                    pair.retry(k).await;
                }
            }
            10 => pair.sweep().await,
            11 => pair.set_tenant(TENANTS[random.below(2)], any_ceiling(&mut random)).await,
            12 => {
                let dropped_ms = pair.now_ms - random.below(3_000) as i64;
                pair.drop_worker(["a", "b"][random.below(2)], dropped_ms).await;
            }
            _ => {
                if random.below(4) == 0 {
                    pair.reopen().await;
                }
            }
        }
    }
    pair.end().await;
}
