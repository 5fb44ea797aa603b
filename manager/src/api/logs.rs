//! `/v1/jobs/{id}/logs`: what the run that ended a job said.

use std::sync::Arc;

use ampoule_protocol::{JobId, LogPage};
use axum::{Json, extract::State};
use serde::Deserialize;

use super::{
    Api,
    auth::Caller,
    extract::{JobPath, Params},
    problem::ApiError,
};

/// Most lines of a page.
const MAX_PAGE_LINES: u32 = 10_000;
/// Lines of a page that asks for no number.
const PAGE_LINES: u32 = 1_000;

/// The query of a log page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// First offset.
    #[serde(default)]
    from: u64,
    /// Most lines of the page: 1 to 10000; 1000 without it.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<u32>,
}

/// Log lines from an offset on. Before the job has ended there are none, and `next_offset` says to ask again. A page can
/// be shorter than `limit` when lines are long; only a missing `next_offset` is the end.
#[utoipa::path(get, operation_id = "get_job_logs", path = "/v1/jobs/{id}/logs", tag = "jobs", params(("id" = JobId, Path), Page), responses((status = 200, body = LogPage, description = "A page")))]
pub(super) async fn page(
    State(api): State<Arc<Api>>,
    caller: Caller,
    JobPath(id): JobPath,
    Params(page): Params<Page>,
) -> Result<Json<LogPage>, ApiError> {
    let limit = page.limit.unwrap_or(PAGE_LINES);
    if !(1..=MAX_PAGE_LINES).contains(&limit) {
        return Err(ApiError::Query(format!("`limit` must be 1 to {MAX_PAGE_LINES}")));
    }
    api.queue.logs(&caller.tenant, id, page.from, limit).await?.map(Json).ok_or_else(|| ApiError::NoJob(id.to_string()))
}
