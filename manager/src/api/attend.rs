//! `/v1/leases/attend`: a manager sees a worker's death in its connection's end, long before its leases run out.

use std::{sync::Arc, time::Duration};

use ampoule_protocol::AttendRequest;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use jiff::Timestamp;

use super::{Api, auth::Caller, leases, problem::ApiError};

/// How long a worker has to come back, here or to another manager, and renew its leases: workers do so at once.
const GRACE: Duration = Duration::from_secs(1);

/// Held open by a worker as long as it lives; 204 when the time is over or this manager stops, and the worker asks again.
#[utoipa::path(post, operation_id = "attend_leases", path = "/v1/leases/attend", tag = "leases", request_body = AttendRequest, responses((status = 204, description = "The time is over: ask again")))]
pub(super) async fn attend(State(api): State<Arc<Api>>, _caller: Caller, headers: HeaderMap, body: Body) -> Result<StatusCode, ApiError> {
    let (ask, _): (AttendRequest, _) = leases::read(&api, &headers, body).await?;
    leases::named(&ask.worker)?;
    let wait = Duration::from_millis(ask.wait_ms).min(api.config.max_wait);
    let mut watch = Watch { api: api.clone(), worker: Some(ask.worker) };
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = api.stop.cancelled() => {}
    }
    watch.worker = None;
    Ok(StatusCode::NO_CONTENT)
}

/// Dropped with its worker when the connection breaks: nobody waits for the answer any more.
struct Watch {
    api: Arc<Api>,
    worker: Option<String>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Some(worker) = self.worker.take().filter(|_| !self.api.stop.is_cancelled()) else { return };
        let (api, dropped) = (self.api.clone(), self.api.queue.now());
        tokio::spawn(async move { give_up(&api, &worker, dropped).await });
    }
}

async fn give_up(api: &Api, worker: &str, dropped: Timestamp) {
    tokio::select! {
        () = tokio::time::sleep(GRACE) => {}
        // Its leases run out all the same.
        () = api.stop.cancelled() => return,
    }
    match api.queue.drop_worker(worker, dropped, api.queue.now()).await {
        Ok(0) => {}
        Ok(lost) => tracing::warn!(worker, lost, "a worker's connection broke and it did not come back: its jobs run again"),
        Err(err) => tracing::error!(%err, worker, "failed to take back the leases of a worker whose connection broke"),
    }
}
