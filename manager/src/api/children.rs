//! `/v1/leases/jobs`: jobs that runs submit, await and cancel.

use std::{sync::Arc, time::Duration};

use ampoule_protocol::{
    CancelledBy, ChildAsk, ChildRequest, ChildView, GrantedBy, JobId, JobScript, JobSpec, JobState, JobView, Json as Text, MAX_CHILD_BYTES,
    MAX_CHILD_DEPTH, RefusedGrant,
};
use axum::{Json, body::Body, extract::State, http::HeaderMap};

use super::{Api, auth::Caller, extract, jobs::ended_within, leases, problem::ApiError};
use crate::{
    queue::{Cancel, Enqueued, Family, Idempotency, Submitted},
    scripts::Resolver,
};

/// Submits a job for a run, awaits or cancels one that its job submitted, while its lease is held.
#[utoipa::path(post, operation_id = "use_jobs", path = "/v1/leases/jobs", tag = "leases", request_body = ChildRequest, responses(
    (status = 200, body = ChildView, description = "The job"),
    (status = 409, description = "lease_lost, family_full"),
))]
pub(super) async fn jobs(State(api): State<Arc<Api>>, caller: Caller, headers: HeaderMap, body: Body) -> Result<Json<ChildView>, ApiError> {
    let (ChildRequest { token, ask }, _): (ChildRequest, _) = leases::read(&api, &headers, body).await?;
    let family = api.queue.family(&caller.scope, token).await?.ok_or(ApiError::LeaseLost)?;
    let (view, with_outcome) = match ask {
        ChildAsk::Submit { place, job } => {
            let id = submit(&api, family, place, job).await?;
            return Ok(Json(ChildView { id, state: JobState::Queued, outcome: None }));
        }
        ChildAsk::Await { id, wait_ms } => {
            own(&api, &family, id).await?;
            (ended_within(&api, &family.tenant, id, Duration::from_millis(wait_ms)).await?, false)
        }
        ChildAsk::Result { id } => (own(&api, &family, id).await?, true),
        ChildAsk::Cancel { id } => {
            own(&api, &family, id).await?;
            let by =
                CancelledBy { by: "job".to_owned(), key: None, reason: Some(format!("by the job {} that submitted it", token.job_id)) };
            let cancel = api.queue.cancel_child(&caller.scope, token, id, by, api.queue.now()).await?.ok_or(ApiError::LeaseLost)?;
            let view = own(&api, &family, id).await?;
            // One that has ended otherwise is told as it is.
            debug_assert!(cancel != Cancel::Done || view.state == JobState::Cancelled);
            (view, false)
        }
    };
    Ok(Json(ChildView { id: view.id, state: view.state, outcome: view.outcome.filter(|_| with_outcome) }))
}

/// A job that this one submitted; any other is as good as not there.
async fn own(api: &Api, family: &Family, id: JobId) -> Result<JobView, ApiError> {
    let job = api.queue.job(&family.tenant, id).await?;
    job.filter(|job| job.parent == Some(family.token.job_id)).ok_or_else(|| ApiError::NoJob(id.to_string()))
}

async fn submit(api: &Api, family: Family, place: u64, job: Text) -> Result<JobId, ApiError> {
    if job.len() > MAX_CHILD_BYTES {
        return Err(ApiError::Value { field: "ask.submit.job", wanted: format!("must have at most {MAX_CHILD_BYTES} bytes") });
    }
    if family.depth >= MAX_CHILD_DEPTH {
        return Err(ApiError::FamilyFull);
    }
    let mut spec: JobSpec = serde_json::from_str(job.as_str()).map_err(ApiError::Shape)?;
    spec.check(&api.config.ceiling)?;
    let script = match &spec.script {
        JobScript::Published(version) => version.name.clone(),
        JobScript::Inline(_) => "*".to_owned(),
    };
    if !family.grants.submits(&script) {
        return Err(RefusedGrant { kind: "jobs", what: script, by: GrantedBy::Parent }.into());
    }
    api.compiler.compile_job(&mut spec).await?;
    let (sources, limits) = Resolver::new(&api.queue, &family.tenant, &api.config.ceiling, &api.config.grants).resolve(&mut spec).await?;
    if let Some(grants) = &spec.grants {
        family.grants.covers(grants, GrantedBy::Parent)?;
    }
    let hash = blake3::hash(job.as_str().as_bytes());
    let idempotency = Idempotency { key: format!("job:{}:{place}:{}", family.token.job_id, hash.to_hex()), body: *hash.as_bytes() };
    let tenant = family.tenant.clone();
    let submitted = extract::offload(job.len(), || Submitted::new(tenant, spec, sources, limits, Some(idempotency)).under(family)).await?;
    let id = submitted.id();
    match api.queue.enqueue(submitted, api.queue.now()).await? {
        Enqueued::Stored | Enqueued::Cancelled => Ok(id),
        Enqueued::Known(known) => Ok(known.id),
        Enqueued::Conflict => Err(ApiError::IdempotencyConflict),
        Enqueued::LeaseLost => Err(ApiError::LeaseLost),
        Enqueued::FamilyFull => Err(ApiError::FamilyFull),
    }
}
