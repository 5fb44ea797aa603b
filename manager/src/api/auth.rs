//! Who may do what: a bearer key has a tenant and a role, and every endpoint needs one.

use std::{net::IpAddr, sync::Arc};

use ampoule_protocol::{Role, TenantName};
use axum::{
    Router,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts, uri::Authority},
    middleware::{Next, from_fn_with_state},
    response::Response,
};

use super::{Api, problem::ApiError};
use crate::{config::Exposure, queue::Scope};

/// Header by which an admin names the tenant that a request is about.
const TENANT_HEADER: &str = "ampoule-tenant";

/// Who a request comes from. An extension of every request that was let in.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Whose jobs the request is about.
    pub(super) tenant: TenantName,
    /// Whose jobs a worker may lease.
    pub(super) scope: Scope,
    /// The key's role; without one there is no need for a key.
    pub(super) role: Option<Role>,
}

impl Caller {
    /// For the record: the key's role, or that there is no need for one.
    pub(super) fn name(&self) -> &'static str {
        self.role.map_or("anybody", Role::as_str)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::Internal("a route is behind no guard"))
    }
}

/// Lets only those in whose key's role includes this one.
pub(super) fn guarded(routes: Router<Arc<Api>>, api: &Arc<Api>, role: Role) -> Router<Arc<Api>> {
    let guard = move |State(api): State<Arc<Api>>, mut request: Request, next: Next| async move {
        let caller = admit(&api, request.headers(), role)?;
        request.extensions_mut().insert(caller);
        Ok::<Response, ApiError>(next.run(request).await)
    };
    routes.route_layer(from_fn_with_state(api.clone(), guard))
}

fn admit(api: &Api, headers: &HeaderMap, needed: Role) -> Result<Caller, ApiError> {
    let keys = &api.config.keys;
    let role = if keys.is_empty() { None } else { Some(keys.role_of(bearer(headers)?).ok_or(ApiError::WrongKey)?) };
    if let Some(role) = role.filter(|role| !role.includes(needed)) {
        return Err(ApiError::Role(role));
    }
    let named = named_tenant(headers)?;
    if let (Some(_), Some(role)) = (&named, role.filter(|role| *role != Role::Admin)) {
        return Err(ApiError::ForeignTenant(role));
    }
    let scope = named.clone().map_or(Scope::All, Scope::Tenant);
    Ok(Caller { tenant: named.unwrap_or_default(), scope, role })
}

fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let given = headers.get(header::AUTHORIZATION).ok_or(ApiError::NoKey)?;
    let given = given.to_str().ok().and_then(|text| text.split_once(' '));
    let (_, key) = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).ok_or(ApiError::NoKey)?;
    Ok(key.trim())
}

fn named_tenant(headers: &HeaderMap) -> Result<Option<TenantName>, ApiError> {
    let Some(value) = headers.get(TENANT_HEADER) else { return Ok(None) };
    let name = value.to_str().ok().and_then(|text| text.parse().ok());
    name.map(Some).ok_or(ApiError::Header { name: TENANT_HEADER, wanted: "must be a tenant's name: letters, digits, `-`, `_` and `.`" })
}

/// While the API is open on loopback, a web page must not reach it from a browser by a name of its own that resolves to
/// 127.0.0.1 (DNS rebinding): the request must name this machine. Without a `host` it comes from no browser.
pub(super) async fn local_host(State(api): State<Arc<Api>>, request: Request, next: Next) -> Result<Response, ApiError> {
    if api.exposure == Exposure::OpenOnLoopback
        && let Some(host) = request.headers().get(header::HOST)
        && !host.to_str().is_ok_and(names_loopback)
    {
        return Err(ApiError::Host);
    }
    Ok(next.run(request).await)
}

fn names_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machines_names() {
        for (host, local) in [
            ("localhost:8080", true),
            ("LOCALHOST", true),
            ("127.0.0.1:1", true),
            ("127.8.8.8", true),
            ("[::1]:8080", true),
            ("localhost.evil.example", false),
            ("evil.example:8080", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(names_loopback(host), local, "{host}");
        }
    }
}
