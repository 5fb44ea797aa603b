//! `/v1/jobs/{id}/logs`: what the runs of a job say, in pages or as a stream.

use std::sync::Arc;

use ampoule_protocol::{JobId, LogPage};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    Api,
    auth::Caller,
    extract::{JobPath, Params},
    follow::{self, Place},
    problem::ApiError,
};

/// Most lines of a page.
const MAX_PAGE_LINES: u32 = 10_000;
/// Lines of a page that asks for no number.
const PAGE_LINES: u32 = 1_000;
/// Header by which a client that lost its connection says what it had.
const LAST_EVENT_ID: &str = "last-event-id";

/// The query of a log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Offset of the first line.
    #[serde(default)]
    from: u64,
    /// Most lines of a page: 1 to 10000; 1000 without it. A stream has no limit.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<u32>,
    /// Which attempt's; without it the current or last one's.
    attempt: Option<u32>,
}

/// Log lines from an offset on, while the job runs too: `next_offset` says where to go on, and is absent once the attempt is over and nothing
/// is left. A page can be shorter than `limit` when lines are long.
///
/// With `accept: text/event-stream` the lines come as they are written. Events without a name are lines, their `id` the line's offset (after
/// the first attempt `ATTEMPT:OFFSET`); `state` events say where the job is, and the stream ends with the final one. It resumes after
/// `last-event-id`; 204 when that was the last.
#[utoipa::path(get, operation_id = "get_job_logs", path = "/v1/jobs/{id}/logs", tag = "jobs",
    params(("id" = JobId, Path), Page, ("last-event-id" = Option<String>, Header, description = "The last event that a stream had: resume after it")),
    responses(
        (status = 200, description = "A page, or a stream of events", content((LogPage = "application/json"), (String = "text/event-stream"))),
        (status = 204, description = "The stream had ended with this event"),
    ))]
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    caller: Caller,
    JobPath(id): JobPath,
    Params(page): Params<Page>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let limit = page.limit.unwrap_or(PAGE_LINES);
    if !(1..=MAX_PAGE_LINES).contains(&limit) {
        return Err(ApiError::Query(format!("`limit` must be 1 to {MAX_PAGE_LINES}")));
    }
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.split(',').any(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream")) {
        let wrong = || ApiError::Header { name: LAST_EVENT_ID, wanted: "must be the id of an event of this stream" };
        let last = headers.get(LAST_EVENT_ID).map(|value| value.to_str().ok().and_then(Place::parse).ok_or_else(wrong)).transpose()?;
        let start = page.attempt.map(|attempt| Place { attempt, offset: page.from });
        return follow::stream(api, caller.tenant, id, last, start, page.from).await;
    }
    let view = api.queue.logs(&caller.tenant, id, page.attempt, page.from, limit).await?;
    let page: LogPage = view.ok_or_else(|| ApiError::NoJob(id.to_string()))?.page;
    Ok(Json(page).into_response())
}
