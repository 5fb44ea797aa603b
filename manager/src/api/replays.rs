//! Replays: a recorded attempt is run again by a worker, on what it heard then. The manager runs nothing, and looks into no journal.

use std::sync::Arc;

use ampoule_protocol::{JobId, JobScript, JobSpec, JobView, Json, LeaseToken, LimitsSpec, ReplayOf, ReplaySpec, ScriptSource, TraceParent};
use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use super::{
    Api,
    auth::Caller,
    extract::{self, JobPath, Params, Wait},
    jobs::{idempotency_key, stored},
    journals::Of,
    problem::ApiError,
};
use crate::{
    queue::{Idempotency, Submitted},
    scripts::Resolver,
};

/// Stores a job that replays a recorded attempt of this one, or tells what another version of its script would have done. Its value says `identical`, or the first difference. It has the recorded job's
/// grants, which must still be within the policy, but nothing takes place: all that it hears was recorded.
#[utoipa::path(post, operation_id = "replay_job", path = "/v1/jobs/{id}/replay", tag = "jobs", request_body = Option<ReplaySpec>, params(
    ("id" = JobId, Path), Wait, ("traceparent" = Option<String>, Header, description = "The W3C trace context that the job belongs to."),
    ("idempotency-key" = Option<String>, Header, max_length = 255, description = "All requests of a tenant with this key, about this job and with the same body, are one."),
), responses(
    (status = 200, body = JobView, description = "The new job, which has ended", headers(("location" = String))),
    (status = 202, body = JobView, description = "The new job, which waits or runs", headers(("location" = String))),
    (status = 404, description = "job_not_found, journal_not_found"),
    (status = 409, description = "idempotency_conflict"),
))]
pub(super) async fn replay(
    State(api): State<Arc<Api>>,
    caller: Caller,
    JobPath(id): JobPath,
    Params(Wait { wait }): Params<Wait>,
    trace: Option<Extension<TraceParent>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let key = idempotency_key(&headers)?;
    let recorded = api.queue.job(&caller.tenant, id).await?.ok_or_else(|| ApiError::NoJob(id.to_string()))?;
    let body = extract::body_if_any(&headers, body, api.config.body_bytes).await?;
    let bytes = body.as_ref().map_or(0, |body| body.len());
    let idempotency = key.map(|key| {
        let mut hash = blake3::Hasher::new();
        hash.update(id.as_bytes()).update(body.as_deref().unwrap_or_default());
        Idempotency { key, body: *hash.finalize().as_bytes() }
    });
    let ReplaySpec { attempt, script } = match body {
        Some(body) => extract::parse(body).await?,
        None => ReplaySpec::default(),
    };
    let attempt = api.queue.recorded(&caller.tenant, id, attempt).await?.ok_or(ApiError::NoJournal)?;
    let of = ReplayOf { job_id: id, attempt, what_if: script.is_some() };
    let mut spec = JobSpec {
        // Of a replay as it was, the journal has the script.
        script: script.unwrap_or_else(|| JobScript::Inline(ScriptSource::named(recorded.script.name.clone(), ""))),
        entry: recorded.entry,
        input: Json::null(),
        context: Json::null(),
        libraries: Vec::new(),
        limits: LimitsSpec { script_bytes: Some(recorded.limits.script_bytes), ..LimitsSpec::default() },
        grants: recorded.grants,
        record: false,
        seed: None,
        priority: recorded.priority,
        run_at: None,
        start_within_ms: None,
        retry: None,
        concurrency_key: None,
        concurrency_policy: Default::default(),
        tags: Default::default(),
    };
    spec.check(&api.config.ceiling)?;
    api.compiler.compile_job(&mut spec).await?;
    let (sources, _) = Resolver::new(&api.queue, &caller.tenant, &api.config.ceiling, &api.config.grants).resolve(&mut spec).await?;
    let (tenant, trace) = (caller.tenant.clone(), trace.map(|Extension(parent)| parent));
    // What the recorded attempt could use decides how it ended.
    let limits = recorded.limits;
    let submit = move || Submitted::new(JobId::new(), tenant, spec, sources, limits, idempotency).traced(trace).replaying(of);
    let job = extract::offload(bytes, submit).await?;
    tracing::debug!(job = %job.id(), of = %id, attempt, "a replay is submitted");
    stored(&api, &caller, job, wait).await
}

/// The journal that the job under this lease replays, while the lease is held.
#[utoipa::path(get, operation_id = "get_leased_journal", path = "/v1/leases/journal", tag = "leases", params(Of), responses(
    (status = 200, description = "The journal", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 404, description = "journal_not_found"),
    (status = 409, description = "lease_lost"),
))]
pub(super) async fn journal(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Params(Of { job_id, attempt }): Params<Of>,
) -> Result<Response, ApiError> {
    let token = LeaseToken { job_id, attempt };
    let family = api.queue.family(&caller.scope, token).await?.ok_or(ApiError::LeaseLost)?;
    let of = family.replays.ok_or(ApiError::NoJournal)?;
    let journal = api.queue.journal(&family.tenant, of.job_id, Some(of.attempt)).await?.ok_or(ApiError::NoJournal)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], journal).into_response())
}
