//! `/v1/schedules`: jobs by the calendar.

use std::sync::Arc;

use ampoule_protocol::{JobView, MAX_PUBLISHED_NAME_CHARS, MAX_SCHEDULES, ScheduleList, ScheduleSpec, ScheduleView, is_published_name};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Api,
    auth::Caller,
    extract::{self, Names, Params},
    problem::ApiError,
};
use crate::{
    queue::{SchedulePut, StoredSchedule},
    schedules::{Calendar, run_now},
    scripts::Resolver,
};

/// Most schedules of a page.
const MAX_PAGE: u32 = 200;
/// Schedules of a page that asks for no number.
const PAGE: u32 = 50;

/// Makes a schedule: 201; 409 if there is one of this name.
#[utoipa::path(post, operation_id = "create_schedule", path = "/v1/schedules", tag = "schedules", request_body = ScheduleSpec, responses((status = 201, body = ScheduleView, description = "The new schedule")))]
pub(super) async fn create(State(api): State<Arc<Api>>, caller: Caller, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let spec = read(&api, &headers, body).await?;
    let named = || ApiError::Value { field: "name", wanted: "must be the schedule's name".to_owned() };
    let name = spec.name.clone().ok_or_else(named)?;
    put(&api, &caller, name, spec, false).await
}

/// Makes a schedule, 201, or replaces the one of this name, 200.
#[utoipa::path(put, operation_id = "put_schedule", path = "/v1/schedules/{name}", tag = "schedules", request_body = ScheduleSpec, params(("name" = String, Path)), responses((status = 200, body = ScheduleView, description = "Replaced"), (status = 201, body = ScheduleView, description = "The new schedule")))]
pub(super) async fn replace(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Names(name): Names<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let spec = read(&api, &headers, body).await?;
    if spec.name.as_ref().is_some_and(|other| *other != name) {
        return Err(ApiError::Value { field: "name", wanted: "must be the one in the path, or absent".to_owned() });
    }
    put(&api, &caller, name, spec, true).await
}

async fn read(api: &Api, headers: &HeaderMap, body: Body) -> Result<ScheduleSpec, ApiError> {
    extract::parse(extract::body(headers, body, api.config.body_bytes).await?).await
}

async fn put(api: &Api, caller: &Caller, name: String, mut spec: ScheduleSpec, replace: bool) -> Result<Response, ApiError> {
    if !is_published_name(&name) {
        let wanted =
            format!("must have 1 to {MAX_PUBLISHED_NAME_CHARS} ASCII letters, digits, `.`, `_` and `-`, the first a letter or a digit");
        return Err(ApiError::Value { field: "name", wanted });
    }
    let calendar = Calendar::new(&spec.cron, &spec.time_zone)?;
    if spec.job.run_at.is_some() {
        return Err(ApiError::Value { field: "job.run_at", wanted: "must be absent: the schedule says when".to_owned() });
    }
    spec.job.check(&api.config.ceiling)?;
    api.compiler.compile_job(&mut spec.job).await?;
    // What it would run now must be there; what it runs later is looked for then.
    Resolver::new(&api.queue, &caller.tenant, &api.config.ceiling, &api.config.grants).resolve(&mut spec.job.clone()).await?;
    let now = api.queue.now();
    let next = if spec.paused { None } else { calendar.after(now) };
    let put = api.queue.put_schedule(&caller.tenant, &name, spec, next.map(Timestamp::as_millisecond), replace, now).await?;
    let status = match put {
        SchedulePut::Created => StatusCode::CREATED,
        SchedulePut::Replaced => StatusCode::OK,
        SchedulePut::Exists => return Err(ApiError::ScheduleExists(name)),
        SchedulePut::TooMany => {
            return Err(ApiError::Value { field: "name", wanted: format!("a tenant has at most {MAX_SCHEDULES} schedules") });
        }
    };
    Ok((status, Json(find(api, caller, name).await?.view())).into_response())
}

async fn find(api: &Api, caller: &Caller, name: String) -> Result<StoredSchedule, ApiError> {
    // Nothing has a name that cannot be, and not every store can be asked for one.
    let found = if is_published_name(&name) { api.queue.schedule(&caller.tenant, &name).await? } else { None };
    found.ok_or(ApiError::NoSchedule(name))
}

/// The query of a listing.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Most schedules of the page: 1 to 200; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page of schedules, by name.
#[utoipa::path(get, operation_id = "list_schedules", path = "/v1/schedules", tag = "schedules", params(Page), responses((status = 200, body = ScheduleList, description = "A page")))]
pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller, Params(page): Params<Page>) -> Result<Json<ScheduleList>, ApiError> {
    let limit = page.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(ApiError::Query(format!("`limit` must be 1 to {MAX_PAGE}")));
    }
    let after = page.cursor.unwrap_or_default();
    if !after.is_empty() && !is_published_name(&after) {
        return Err(ApiError::Query("`cursor` is not one that a listing gave".to_owned()));
    }
    // One more than asked for tells whether there is a next page.
    let mut items = api.queue.schedules(&caller.tenant, &after, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|last| last.name.clone());
    Ok(Json(ScheduleList { items: items.into_iter().map(StoredSchedule::view).collect(), next_cursor }))
}

/// One schedule.
#[utoipa::path(get, operation_id = "get_schedule", path = "/v1/schedules/{name}", tag = "schedules", params(("name" = String, Path)), responses((status = 200, body = ScheduleView, description = "The schedule")))]
pub(super) async fn view(State(api): State<Arc<Api>>, caller: Caller, Names(name): Names<String>) -> Result<Json<ScheduleView>, ApiError> {
    Ok(Json(find(&api, &caller, name).await?.view()))
}

/// Deletes a schedule: 204. Its jobs stay.
#[utoipa::path(delete, operation_id = "delete_schedule", path = "/v1/schedules/{name}", tag = "schedules", params(("name" = String, Path)), responses((status = 204, description = "It is no more")))]
pub(super) async fn delete(State(api): State<Arc<Api>>, caller: Caller, Names(name): Names<String>) -> Result<StatusCode, ApiError> {
    if is_published_name(&name) && api.queue.delete_schedule(&caller.tenant, &name).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::NoSchedule(name))
}

/// Lets a schedule fire no more until it is resumed.
#[utoipa::path(post, operation_id = "pause_schedule", path = "/v1/schedules/{name}/pause", tag = "schedules", params(("name" = String, Path)), responses((status = 200, body = ScheduleView, description = "The schedule")))]
pub(super) async fn pause(State(api): State<Arc<Api>>, caller: Caller, Names(name): Names<String>) -> Result<Json<ScheduleView>, ApiError> {
    set(&api, &caller, name, true).await
}

/// Lets a schedule fire again, from the next time on: what it missed while it was paused is not made up for.
#[utoipa::path(post, operation_id = "resume_schedule", path = "/v1/schedules/{name}/resume", tag = "schedules", params(("name" = String, Path)), responses((status = 200, body = ScheduleView, description = "The schedule")))]
pub(super) async fn resume(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Names(name): Names<String>,
) -> Result<Json<ScheduleView>, ApiError> {
    set(&api, &caller, name, false).await
}

async fn set(api: &Api, caller: &Caller, name: String, paused: bool) -> Result<Json<ScheduleView>, ApiError> {
    let schedule = find(api, caller, name.clone()).await?;
    if schedule.paused != paused {
        let calendar = Calendar::new(&schedule.spec.cron, &schedule.spec.time_zone)?;
        let next = if paused { None } else { calendar.after(api.queue.now()) };
        api.queue.pause_schedule(&caller.tenant, &name, paused, next.map(Timestamp::as_millisecond)).await?;
    }
    Ok(Json(find(api, caller, name).await?.view()))
}

/// Fires a schedule now, paused or not: 202 with the job. 409 when its overlap policy or a script that is no more is against it.
#[utoipa::path(post, operation_id = "run_schedule", path = "/v1/schedules/{name}/run", tag = "schedules", params(("name" = String, Path)), responses((status = 202, body = JobView, description = "The job")))]
pub(super) async fn run(State(api): State<Arc<Api>>, caller: Caller, Names(name): Names<String>) -> Result<Response, ApiError> {
    let schedule = find(&api, &caller, name.clone()).await?;
    let fired = run_now(&api.queue, &api.config, &schedule, api.queue.now()).await?;
    let fired = fired.unwrap_or_else(|| Err("it was changed at this moment; try again".to_owned()));
    let id = fired.map_err(ApiError::NotFired)?;
    let job: JobView = api.queue.job(&caller.tenant, id).await?.ok_or_else(|| ApiError::NoJob(id.to_string()))?;
    Ok((StatusCode::ACCEPTED, Json(job)).into_response())
}
