//! Who may do what: one bearer key per role.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{header, uri::Authority},
    middleware::Next,
    response::Response,
};

use super::{Api, problem::ApiError};
use crate::config::{Exposure, Keys, Role};

/// Who a request comes from, for the record. An extension of every request that was let in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(Option<Role>);

impl Caller {
    /// The key's role, or that there is no need for one.
    pub(super) fn name(self) -> &'static str {
        self.0.map_or("anybody", Role::as_str)
    }
}

pub(super) async fn submit(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let role = check(&api.config.keys, &request, &[Role::Submit, Role::Admin])?;
    request.extensions_mut().insert(Caller(role));
    Ok(next.run(request).await)
}

pub(super) async fn worker(State(api): State<Arc<Api>>, request: Request, next: Next) -> Result<Response, ApiError> {
    check(&api.config.keys, &request, &[Role::Worker])?;
    Ok(next.run(request).await)
}

pub(super) async fn admin(State(api): State<Arc<Api>>, request: Request, next: Next) -> Result<Response, ApiError> {
    check(&api.config.keys, &request, &[Role::Admin])?;
    Ok(next.run(request).await)
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

fn check(keys: &Keys, request: &Request, allowed: &[Role]) -> Result<Option<Role>, ApiError> {
    if keys.is_empty() {
        return Ok(None);
    }
    let given = request.headers().get(header::AUTHORIZATION).ok_or(ApiError::NoKey)?;
    let given = given.to_str().ok().and_then(|text| text.split_once(' '));
    let Some((_, key)) = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else { return Err(ApiError::NoKey) };
    let role = keys.role_of(key.trim()).ok_or(ApiError::WrongKey)?;
    if allowed.contains(&role) { Ok(Some(role)) } else { Err(ApiError::Role(role)) }
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
