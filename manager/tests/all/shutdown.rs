//! A manager that is told to stop answers those who wait, and finishes what is in flight.

use std::time::{Duration, Instant};

use ampoule_protocol::{AcquireResponse, JobState, JobView};

use crate::support::{Manager, On};

#[tokio::test]
async fn those_who_wait_are_answered_at_once() {
    let mut m = Manager::start(On::Sqlite).await;
    let id = m.submit().await;
    m.acquire_one("w").await;
    let (client, url) = (m.client.clone(), m.url.clone());
    let acquire = tokio::spawn({
        let body = serde_json::json!({"worker": "v", "slots": 1, "wait_ms": 40_000});
        let request = client.post(format!("{url}/v1/leases/acquire")).json(&body);
        async move { request.send().await.unwrap().json::<AcquireResponse>().await.unwrap() }
    });
    let wait = tokio::spawn({
        let request = client.get(format!("{url}/v1/jobs/{id}?wait=40s"));
        async move { request.send().await.unwrap().json::<JobView>().await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    m.begin_stop();
    assert_eq!(acquire.await.unwrap(), AcquireResponse::default());
    assert_eq!(wait.await.unwrap().state, JobState::Running);
    m.stopped().await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(client.get(format!("{url}/healthz")).send().await.is_err());
}
