//! `/v1/keys` and `/v1/tenants`: for those who run the install.

use std::sync::Arc;

use ampoule_protocol::{KeyId, KeyList, KeySpec, KeyView, MAX_WEIGHT, NewKey, Role, TenantList, TenantName, TenantSettings, TenantView};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    Api,
    auth::Caller,
    extract::{self, Params},
    problem::ApiError,
};
use crate::queue::StoredKey;

/// Most items of a page.
const MAX_PAGE_ITEMS: u32 = 1_000;
/// Items of a page that asks for no number.
const PAGE_ITEMS: u32 = 100;

/// The query of a listing.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Most items of the page: 1 to 1000; 100 without it.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
}

impl Page {
    fn limit(&self) -> Result<u32, ApiError> {
        let limit = self.limit.unwrap_or(PAGE_ITEMS);
        if (1..=MAX_PAGE_ITEMS).contains(&limit) {
            Ok(limit)
        } else {
            Err(ApiError::Query(format!("`limit` must be 1 to {MAX_PAGE_ITEMS}")))
        }
    }

    fn after<T: std::str::FromStr>(&self) -> Result<Option<T>, ApiError> {
        let wrong = |_| ApiError::Query("the cursor is not one that a listing gave".to_owned());
        self.cursor.as_deref().map(str::parse).transpose().map_err(wrong)
    }
}

/// Makes a key. 201 with the key itself, which is shown this once.
#[utoipa::path(post, operation_id = "create_key", path = "/v1/keys", tag = "keys", request_body = KeySpec, responses(
    (status = 201, body = NewKey, description = "The key"), (status = 409, description = "first_key"),
))]
pub(super) async fn create(State(api): State<Arc<Api>>, caller: Caller, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let spec: KeySpec = extract::small_body(&headers, body).await?;
    spec.check().map_err(|err| ApiError::Value { field: err.field, wanted: format!("must be {}", err.wanted) })?;
    if caller.role.is_none() && spec.role != Role::Admin {
        return Err(ApiError::FirstKey);
    }
    let (stored, shown) = StoredKey::make(spec, api.queue.now()).map_err(|_| ApiError::Internal("the system has no randomness"))?;
    api.queue.add_key(stored, false).await?;
    api.keys.require();
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// A page of keys, oldest first, revoked ones too.
#[utoipa::path(get, operation_id = "list_keys", path = "/v1/keys", tag = "keys", params(Page), responses((status = 200, body = KeyList, description = "A page")))]
pub(super) async fn list(State(api): State<Arc<Api>>, Params(page): Params<Page>) -> Result<Json<KeyList>, ApiError> {
    let limit = page.limit()?;
    let mut items = api.queue.keys(page.after()?, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|key| key.id.to_string());
    Ok(Json(KeyList { items, next_cursor }))
}

/// Revokes a key: here at once, at other managers of the store within seconds. 200 with the key, also when it was before.
#[utoipa::path(delete, operation_id = "revoke_key", path = "/v1/keys/{id}", tag = "keys", params(("id" = KeyId, Path)), responses((status = 200, body = KeyView, description = "The key")))]
pub(super) async fn revoke(State(api): State<Arc<Api>>, Path(id): Path<String>) -> Result<Json<KeyView>, ApiError> {
    let no_key = || ApiError::NoApiKey(id.chars().take(64).collect());
    let id: KeyId = id.parse().map_err(|_| no_key())?;
    let view = api.queue.revoke_key(id, api.queue.now()).await?.ok_or_else(no_key)?;
    api.keys.forget(id);
    Ok(Json(view))
}

/// A page of tenants, by name.
#[utoipa::path(get, operation_id = "list_tenants", path = "/v1/tenants", tag = "keys", params(Page), responses((status = 200, body = TenantList, description = "A page")))]
pub(super) async fn tenants(State(api): State<Arc<Api>>, Params(page): Params<Page>) -> Result<Json<TenantList>, ApiError> {
    let limit = page.limit()?;
    let mut items = api.queue.tenants(page.after()?, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|tenant| tenant.name.to_string());
    Ok(Json(TenantList { items, next_cursor }))
}

/// Sets how a tenant is treated; what is left out is as by default. One that is new is made.
#[utoipa::path(put, operation_id = "set_tenant", path = "/v1/tenants/{name}", tag = "keys", request_body = TenantSettings, params(("name" = TenantName, Path)), responses((status = 200, body = TenantView, description = "The tenant")))]
pub(super) async fn set_tenant(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TenantView>, ApiError> {
    let name: TenantName = name.parse().map_err(|_| ApiError::Value {
        field: "name",
        wanted: "must be a tenant's name: letters, digits, `-`, `_` and `.`, the first of them a letter or a digit".to_owned(),
    })?;
    let settings: TenantSettings = extract::small_body(&headers, body).await?;
    if !(1..=MAX_WEIGHT).contains(&settings.weight) {
        return Err(ApiError::Value { field: "weight", wanted: format!("must be 1 to {MAX_WEIGHT}") });
    }
    if settings.max_running.is_some_and(|most| i32::try_from(most).is_err()) {
        return Err(ApiError::Value { field: "max_running", wanted: format!("must be 0 to {}, or absent", i32::MAX) });
    }
    let set = api.queue.set_tenant(&name, settings, api.queue.now()).await?;
    set.map(Json).ok_or(ApiError::Internal("a tenant that was stored is not there"))
}
