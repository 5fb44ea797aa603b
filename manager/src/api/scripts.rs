//! `/v1/scripts` and `/v1/libraries`: publish versions, read them, point aliases at them. Both work alike.

use std::sync::Arc;

use ampoule_protocol::{
    AliasList, AliasSpec, AliasView, MAX_ALIASES, MAX_PUBLISHED_NAME_CHARS, PublishSpec, PublishedList, PublishedView, VersionView,
    is_published_name,
};
use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Api,
    auth::Caller,
    extract::{self, Names, Params},
    problem::ApiError,
};
use crate::{
    queue::{AliasSet, Kind, VersionKey, Withdrawn},
    scripts::new_version,
};

/// Most names or versions of a page.
const MAX_PAGE: u32 = 200;
/// Names or versions of a page that asks for no number.
const PAGE: u32 = 50;

/// The endpoints that read scripts or libraries, below their path.
pub(super) fn reading(kind: Kind) -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(view))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(aliases))
        .layer(Extension(kind))
}

/// The endpoints that change what others run.
pub(super) fn publishing(kind: Kind) -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(publish))
        .routes(routes!(withdraw))
        .routes(routes!(set_alias))
        .routes(routes!(delete_alias))
        .layer(Extension(kind))
}

/// Publishes a version: 201 with it, or 200 with the one that has this content already, which is the latest again.
#[utoipa::path(put, operation_id = "publish_script", path = "/{name}", tag = "scripts", request_body = PublishSpec, params(("name" = String, Path)), responses(
    (status = 200, body = VersionView, description = "The version that has this content already"),
    (status = 201, body = VersionView, description = "The new version"),
))]
async fn publish(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Names(name): Names<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    good_name("name", &name)?;
    let body = extract::body(&headers, body, api.config.body_bytes).await?;
    let bytes = body.len();
    let spec: PublishSpec = extract::parse(body).await?;
    let (named, ceiling) = (name.clone(), api.config.ceiling.clone());
    let mut new = extract::offload(bytes, move || new_version(&named, spec, &ceiling)).await??;
    // The hash is of what was published; what is kept is what runs.
    // What was published before is not compiled again: it keeps what it became then.
    if !api.queue.has_version(&caller.tenant, kind, &name, &new.hash).await? {
        new.modules = api.compiler.compile_modules(&name, new.modules).await?;
    }
    let published = api.queue.publish(&caller.tenant, kind, &name, new, api.queue.now()).await?;
    let status = if published.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(published.version)).into_response())
}

/// The query of a listing.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Page {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Most items of the page: 1 to 200; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

impl Page {
    fn limit(&self) -> Result<u32, ApiError> {
        let limit = self.limit.unwrap_or(PAGE);
        if (1..=MAX_PAGE).contains(&limit) { Ok(limit) } else { Err(ApiError::Query(format!("`limit` must be 1 to {MAX_PAGE}"))) }
    }
}

/// A page of names, in their order.
#[utoipa::path(get, operation_id = "list_scripts", path = "/", tag = "scripts", params(Page), responses((status = 200, body = PublishedList, description = "A page")))]
async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Params(page): Params<Page>,
) -> Result<Json<PublishedList>, ApiError> {
    let limit = page.limit()?;
    let after = page.cursor.unwrap_or_default();
    if !after.is_empty() && !is_published_name(&after) {
        return Err(ApiError::Query("`cursor` is not one that a listing gave".to_owned()));
    }
    Ok(Json(api.queue.published_names(&caller.tenant, kind, &after, limit).await?))
}

/// One name: its latest version, its aliases, its newest versions.
#[utoipa::path(get, operation_id = "get_script", path = "/{name}", tag = "scripts", params(("name" = String, Path)), responses((status = 200, body = PublishedView, description = "It")))]
async fn view(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Names(name): Names<String>,
) -> Result<Json<PublishedView>, ApiError> {
    known(kind, &name)?;
    api.queue.published(&caller.tenant, kind, &name).await?.map(Json).ok_or(ApiError::NoPublished { kind, name })
}

/// Versions of one name, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VersionList {
    items: Vec<VersionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A page of the versions of one name, newest first, without their sources.
#[utoipa::path(get, operation_id = "list_script_versions", path = "/{name}/versions", tag = "scripts", params(("name" = String, Path), Page), responses((status = 200, body = VersionList, description = "A page")))]
async fn versions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Names(name): Names<String>,
    Params(page): Params<Page>,
) -> Result<Json<VersionList>, ApiError> {
    known(kind, &name)?;
    let limit = page.limit()?;
    let wrong = |_| ApiError::Query("`cursor` is not one that a listing gave".to_owned());
    let before = page.cursor.map(|cursor| cursor.parse::<u32>().map_err(wrong)).transpose()?;
    let mut items = api.queue.version_views(&caller.tenant, kind, &name, before.unwrap_or(u32::MAX), limit + 1).await?;
    if items.is_empty() && before.is_none() {
        return Err(ApiError::NoPublished { kind, name });
    }
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|version| version.version.to_string());
    Ok(Json(VersionList { items, next_cursor }))
}

/// One version, with its sources as they run.
#[utoipa::path(get, operation_id = "get_script_version", path = "/{name}/versions/{version}", tag = "scripts", params(("name" = String, Path), ("version" = u32, Path)), responses((status = 200, body = VersionView, description = "It")))]
async fn version(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Names((name, number)): Names<(String, String)>,
) -> Result<Json<VersionView>, ApiError> {
    let missing = || ApiError::NoPublished { kind, name: format!("{name}@{number}") };
    known(kind, &name)?;
    let version = number.parse().map_err(|_| missing())?;
    let key = VersionKey { tenant: caller.tenant.clone(), kind, name: name.clone(), version };
    api.queue.version_view(&key).await?.map(Json).ok_or_else(missing)
}

/// Withdraws a version: 204, also when it was before. Jobs that were stored with it, those of retries too, still run it; no other job gets it, by its
/// number, as the latest, or by an import. Publishing its content again brings it back. 409 while an alias points to it.
#[utoipa::path(delete, operation_id = "withdraw_script_version", path = "/{name}/versions/{version}", tag = "scripts", params(("name" = String, Path), ("version" = u32, Path)), responses(
    (status = 204, description = "It is withdrawn"),
    (status = 409, description = "version_aliased"),
))]
async fn withdraw(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Names((name, number)): Names<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let missing = || ApiError::NoPublished { kind, name: format!("{name}@{number}") };
    known(kind, &name)?;
    let version = number.parse().map_err(|_| missing())?;
    let key = VersionKey { tenant: caller.tenant.clone(), kind, name: name.clone(), version };
    match api.queue.withdraw(&key, api.queue.now()).await? {
        Withdrawn::Done => Ok(StatusCode::NO_CONTENT),
        Withdrawn::NoVersion => Err(missing()),
        Withdrawn::Aliased(alias) => Err(ApiError::Aliased(alias)),
    }
}

/// The aliases of one name.
#[utoipa::path(get, operation_id = "list_script_aliases", path = "/{name}/aliases", tag = "scripts", params(("name" = String, Path)), responses((status = 200, body = AliasList, description = "All of them")))]
async fn aliases(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Names(name): Names<String>,
) -> Result<Json<AliasList>, ApiError> {
    known(kind, &name)?;
    api.queue.aliases(&caller.tenant, kind, &name).await?.map(Json).ok_or(ApiError::NoPublished { kind, name })
}

/// Points an alias at a version; with `expected_version`, only if it points there now. 409 if it does not.
#[utoipa::path(put, operation_id = "set_script_alias", path = "/{name}/aliases/{alias}", tag = "scripts", request_body = AliasSpec, params(("name" = String, Path), ("alias" = String, Path)), responses(
    (status = 200, body = AliasView, description = "The alias"),
    (status = 409, description = "alias_conflict"),
))]
async fn set_alias(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Names((name, alias)): Names<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AliasView>, ApiError> {
    known(kind, &name)?;
    good_name("alias", &alias)?;
    if alias.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ApiError::Value { field: "alias", wanted: "must not be a number: that is a version".to_owned() });
    }
    let wanted = || ApiError::Value { field: "version", wanted: "must be the version to point to".to_owned() };
    let spec: AliasSpec = extract::body_or_none(&headers, body).await?.ok_or_else(wanted)?;
    let key = VersionKey { tenant: caller.tenant.clone(), kind, name, version: spec.version };
    match api.queue.set_alias(&key, &alias, spec.expected_version, api.queue.now()).await? {
        AliasSet::Done => Ok(Json(AliasView { alias, version: spec.version })),
        AliasSet::NoVersion => Err(ApiError::NoPublished { kind, name: format!("{}@{}", key.name, key.version) }),
        AliasSet::Differs(version) => Err(ApiError::AliasDiffers(version)),
        AliasSet::TooMany => Err(ApiError::Value { field: "alias", wanted: format!("a name has at most {MAX_ALIASES}") }),
    }
}

/// Deletes an alias: 204.
#[utoipa::path(delete, operation_id = "delete_script_alias", path = "/{name}/aliases/{alias}", tag = "scripts", params(("name" = String, Path), ("alias" = String, Path)), responses((status = 204, description = "It is gone")))]
async fn delete_alias(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Extension(kind): Extension<Kind>,
    Names((name, alias)): Names<(String, String)>,
) -> Result<StatusCode, ApiError> {
    known(kind, &name)?;
    if is_published_name(&alias) && api.queue.delete_alias(&caller.tenant, kind, &name, &alias).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::NoAlias(name))
}

fn good_name(field: &'static str, name: &str) -> Result<(), ApiError> {
    if is_published_name(name) {
        return Ok(());
    }
    let wanted =
        format!("must have 1 to {MAX_PUBLISHED_NAME_CHARS} ASCII letters, digits, `.`, `_` and `-`, the first a letter or a digit");
    Err(ApiError::Value { field, wanted })
}

/// Nothing has a name that cannot be published, and not every store can be asked for one.
fn known(kind: Kind, name: &str) -> Result<(), ApiError> {
    if is_published_name(name) { Ok(()) } else { Err(ApiError::NoPublished { kind, name: name.to_owned() }) }
}
