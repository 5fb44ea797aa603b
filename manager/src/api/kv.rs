//! `/v1/leases/kv`: keys and values for runs.

use std::sync::Arc;

use ampoule_protocol::{KvAnswer, KvRequest, grant_name};
use axum::{Json, body::Body, extract::State, http::HeaderMap};

use super::{Api, auth::Caller, leases, problem::ApiError};
use crate::queue::KvReply;

/// Reads or changes a namespace of a job's tenant, while its lease is held.
#[utoipa::path(post, operation_id = "use_keys", path = "/v1/leases/kv", tag = "leases", request_body = KvRequest, responses(
    (status = 200, body = KvAnswer, description = "What it found or did"),
    (status = 409, description = "lease_lost"),
))]
pub(super) async fn kv(State(api): State<Arc<Api>>, caller: Caller, headers: HeaderMap, body: Body) -> Result<Json<KvAnswer>, ApiError> {
    let (request, _): (KvRequest, _) = leases::read(&api, &headers, body).await?;
    let wrong = |field, wanted: String| ApiError::Value { field, wanted };
    grant_name(&request.namespace).map_err(|err| wrong("namespace", err.to_string()))?;
    request.ask.check().map_err(|err| wrong("ask", err.to_string()))?;
    let namespace = request.namespace.clone();
    match api.queue.kv(&caller.scope, request, api.queue.now()).await? {
        KvReply::Answer(answer) => Ok(Json(answer)),
        KvReply::Stale => Err(ApiError::LeaseLost),
        KvReply::NotGranted => Err(ApiError::NamespaceNotGranted(namespace)),
    }
}
